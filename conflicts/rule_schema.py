"""Plain data (as YAML and JSON hold it) to rule dataclasses and back.

The dataclasses are the schema: fields, types and defaults are read from them, so a new kind needs
nothing here. Every refusal names the field and says what to do.
"""

import difflib
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.kinds import KINDS, Rule
from conflicts.predicates import AllOf, AnyOf, Comparison, Not, Predicate

DEEPEST_CONDITION = 20


def rule_from_data(data: object) -> Rule:
    """Return the rule that a mapping describes.

    Raises
    ------
    RuleFieldError
        A field is unknown, missing, or cannot have that value.
    """
    given = dict(_mapping(data, "a rule"))
    name = given.pop("kind", None)
    known = ", ".join(KINDS)
    if name is None:
        raise RuleFieldError(
            "kind", _("is missing."), remedy=_("Give one of: %(known)s.") % {"known": known}
        )
    if not isinstance(name, str) or name not in KINDS:
        raise RuleFieldError(
            "kind",
            _("'%(name)s' is unknown.") % {"name": name},
            remedy=_("Use one of: %(known)s.") % {"known": known},
        )
    return cast("Rule", read_record(KINDS[name].rule, given))


def rule_to_data(rule: Rule) -> dict[str, Any]:
    """Return a rule as plain data; what equals its default is left out."""
    return {"kind": rule.kind, **_record_to_data(rule)}


def _read(annotation: Any, value: object) -> Any:  # noqa: ANN401 - the annotation says what comes out
    if annotation == Predicate:
        return _predicate(value, 0)
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return _read_union(get_args(annotation), value)
    if origin is tuple:
        return _sequence(get_args(annotation)[0], value)
    if is_dataclass(annotation):
        return read_record(cast("type", annotation), value)
    if issubclass(annotation, Enum):
        return _choice(annotation, value)
    return _SCALARS[annotation](value)


def _read_union(options: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401
    if set(options) >= set(get_args(Predicate)):
        return None if value is None else _predicate(value, 0)
    if value is None and type(None) in options:
        return None
    return _read(next(option for option in options if option is not type(None)), value)


def read_record(record: type, value: object) -> Any:  # noqa: ANN401 - an instance of that type
    """Return the dataclass that a mapping describes, field by field."""
    given = _mapping(value, "a mapping")
    known = _fields(record)
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(str(name), known, n=1)
            hint = f"Did you mean '{near[0]}'? " if near else ""
            names = ", ".join(known)
            raise RuleFieldError(
                str(name),
                _("is no field here."),
                remedy=_("%(hint)sThe fields are: %(names)s.") % {"hint": hint, "names": names},
            )
    hints = _hints(record)
    read = {}
    for name, field in known.items():
        if name in given:
            read[name] = at_place(name, _read, hints[name], given[name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise RuleFieldError(
                name, _("is missing."), remedy=_("Add '%(name)s:' to it.") % {"name": name}
            )
    return record(**read)


def at_place(place: str, reader: Callable[..., Any], *arguments: object) -> Any:  # noqa: ANN401 - what it reads
    """Call a reader; what it refuses is refused as a part of this place."""
    try:
        return reader(*arguments)
    except RuleFieldError as error:
        raise error.inside(place) from None


@cache
def _fields(record: type) -> dict[str, Field[Any]]:
    return {field.name: field for field in fields(record)}


@cache
def _hints(record: type) -> dict[str, Any]:
    return get_type_hints(record)


def _mapping(value: object, wanted: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise RuleFieldError(
            "",
            _("is %(named)s.") % {"named": _named(value)},
            remedy=_("Give %(wanted)s: 'field: value'.") % {"wanted": wanted},
        )
    return cast("Mapping[str, object]", value)


def _sequence(item: Any, value: object) -> tuple[Any, ...]:  # noqa: ANN401
    if not isinstance(value, list | tuple):
        raise RuleFieldError(
            "",
            _("is %(named)s.") % {"named": _named(value)},
            remedy=_("Give a list: [first, second]."),
        )
    return tuple(at_place(f"[{n}]", _read, item, part) for n, part in enumerate(value, start=1))


def _choice(choices: type[Enum], value: object) -> Enum:
    for choice in choices:
        if choice.value == value:
            return choice
    known = ", ".join(str(choice.value) for choice in choices)
    raise RuleFieldError(
        "",
        _("'%(value)s' is unknown.") % {"value": value},
        remedy=_("Use one of: %(known)s.") % {"known": known},
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise RuleFieldError(
            "",
            _("is %(named)s, not a text.") % {"named": _named(value)},
            remedy=_("Write it in quotes if it is a text."),
        )
    if not value.replace("\n", " ").isprintable() and not _only_joiners(value):
        raise RuleFieldError("", _("holds control characters."), remedy=_("Type the text again."))
    return value.strip()


def _only_joiners(value: str) -> bool:
    """Allow the zero-width space and joiners that Khmer needs between words."""
    plain = value.translate(dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0x0A)))
    return plain.isprintable()


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RuleFieldError(
            "",
            _("is %(named)s, not a number.") % {"named": _named(value)},
            remedy=_("Give a plain number, e.g. 200."),
        )
    return float(value)


_SCALARS: Mapping[Any, Callable[[object], Any]] = {str: _text, float: _number}


def _named(value: object) -> str:
    names = {bool: "yes or no", list: "a list", dict: "a mapping", type(None): "empty"}
    return names.get(type(value), f"'{value}'")


def _predicate(value: object, depth: int) -> Predicate:
    if depth > DEEPEST_CONDITION:
        raise RuleFieldError("", _("the condition is nested too deeply."), remedy=_("Flatten it."))
    given = _mapping(value, "a condition")
    if len(given) == 1 and (name := next(iter(given))) in {"all", "any", "not"}:
        return at_place(str(name), _branch, str(name), given[name], depth)  # type: ignore[no-any-return]
    comparison = dict(given)
    operand = at_place("value", _operand, comparison.pop("value", None))
    rest = {"attr": comparison.pop("attr", None), "op": comparison.pop("op", None)}
    if comparison or rest["attr"] is None:
        raise RuleFieldError(
            "",
            _("is no condition."),
            remedy=_("Write {attr: ..., op: ..., value: ...}, or all:, any:, not:."),
        )
    hints = _hints(Comparison)
    return Comparison(
        attr=at_place("attr", _text, rest["attr"]),
        op=at_place("op", _choice, hints["op"], rest["op"]),
        value=operand,
    )


def _branch(name: str, value: object, depth: int) -> Predicate:
    if name == "not":
        return Not(part=_predicate(value, depth + 1))
    if not isinstance(value, list | tuple) or not value:
        raise RuleFieldError("", _("needs a list of conditions."), remedy=_("Give at least one."))
    parts = tuple(
        at_place(f"[{n}]", _predicate, part, depth + 1) for n, part in enumerate(value, start=1)
    )
    return AllOf(parts=parts) if name == "all" else AnyOf(parts=parts)


def _operand(value: object) -> Any:  # noqa: ANN401
    if isinstance(value, list | tuple):
        return tuple(_operand(part) for part in value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if value is None:
        raise RuleFieldError("", _("is missing."), remedy=_("To ask for absence: op: is_null."))
    return _text(value)


def _record_to_data(record: Any) -> dict[str, Any]:  # noqa: ANN401
    written = {}
    kind: type = type(record)
    for name, field in _fields(kind).items():
        value = getattr(record, name)
        if field.default is MISSING or value != field.default:
            written[name] = _to_data(value)
    return written


def _to_data(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, AllOf | AnyOf):
        name = "all" if isinstance(value, AllOf) else "any"
        return {name: [_to_data(part) for part in value.parts]}
    if isinstance(value, Not):
        return {"not": _to_data(value.part)}
    if isinstance(value, tuple):
        return [_to_data(part) for part in value]
    if is_dataclass(value):
        return _record_to_data(value)
    return _scalar_to_data(value)


def _scalar_to_data(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
