"""Conditions on a feature's attributes: a small tree of data, never an expression to execute.

A condition has three values. When an attribute is missing, null or of another type than the value
it is compared with, the answer is "unknown", and what depends on it is "cannot tell".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError

Scalar = str | float | bool


class Operator(StrEnum):
    """How an attribute is compared with a value."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    IN = "in"
    IS_NULL = "is_null"


SIGNS = {
    Operator.EQ: "==",
    Operator.NE: "!=",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.GT: ">",
    Operator.GE: ">=",
}
ORDERING = frozenset({Operator.LT, Operator.LE, Operator.GT, Operator.GE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """One attribute against one value (``in``: several; ``is_null``: true or false)."""

    attr: str
    op: Operator
    value: Scalar | tuple[Scalar, ...]

    def __post_init__(self) -> None:
        several = isinstance(self.value, tuple)
        if several != (self.op == Operator.IN) or self.value == ():
            wanted = "a list of values" if self.op == Operator.IN else "one value"
            raise RuleFieldError(
                "value",
                _("'%(op)s' needs %(wanted)s.") % {"op": self.op, "wanted": wanted},
                remedy=_("Give %(wanted)s.") % {"wanted": wanted},
            )
        if self.op == Operator.IS_NULL and not isinstance(self.value, bool):
            raise RuleFieldError(
                "value",
                _("'is_null' needs true or false."),
                remedy=_("Write value: true, or false."),
            )
        if self.op in ORDERING and isinstance(self.value, bool):
            raise RuleFieldError(
                "value",
                _("true or false has no order for '%(op)s'.") % {"op": self.op},
                remedy=_("Use op: eq."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """True when every part is true."""

    parts: "tuple[Predicate, ...]"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnyOf:
    """True when at least one part is true."""

    parts: "tuple[Predicate, ...]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Not:
    """True when its part is false; unknown stays unknown."""

    part: "Predicate"


Predicate = Comparison | AllOf | AnyOf | Not


def as_jsonpath(predicate: Predicate) -> str:
    """Return the condition as an SQL/JSON path predicate for ``jsonb_path_match``.

    In strict mode a missing attribute and a comparison of different types are *unknown*, which
    the function returns as NULL: the three values PostgreSQL needs no expression of ours for.
    """
    return f"strict {_written(predicate)}"


def attributes(predicate: Predicate | None) -> Iterator[str]:
    """Yield the names of the attributes a condition asks for, in order."""
    match predicate:
        case Comparison(attr=attr):
            yield attr
        case AllOf(parts=parts) | AnyOf(parts=parts):
            for part in parts:
                yield from attributes(part)
        case Not(part=part):
            yield from attributes(part)


def _written(predicate: Predicate) -> str:
    match predicate:
        case Comparison():
            return _comparison(predicate)
        case AllOf(parts=parts):
            return "(" + " && ".join(_written(part) for part in parts) + ")"
        case AnyOf(parts=parts):
            return "(" + " || ".join(_written(part) for part in parts) + ")"
        case Not(part=part):
            return f"(!{_written(part)})"


def _comparison(comparison: Comparison) -> str:
    path = f"$.{json.dumps(comparison.attr)}"
    if comparison.op == Operator.IS_NULL:
        # nulls are stripped before matching, so a null attribute is a missing one
        is_missing = f"(({path} == {path}) is unknown)"
        return is_missing if comparison.value else f"(!{is_missing})"
    if isinstance(comparison.value, tuple):
        return "(" + " || ".join(f"{path} == {json.dumps(v)}" for v in comparison.value) + ")"
    return f"({path} {SIGNS[comparison.op]} {json.dumps(comparison.value)})"
