"""The kinds of rules. These dataclasses are the only schema of a rule.

YAML files and the database hold the same data (``rule_schema``). A new kind is one dataclass here,
one file in ``sql/``, one function that binds the rule to the named parameters of that file, and
its line in ``KINDS``.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.predicates import AllOf, Comparison, Operator, Predicate, as_jsonpath
from conflicts.vocab import Severity
from layers import numbers
from layers.vocab import Basis, Lifecycle

CODE = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
LONGEST_CODE = 40
# Far beyond any planning distance, and still inside one UTM zone.
GREATEST_DISTANCE_M = 100_000.0

# What stands or may come to stand; a closed use disturbs no one unless a rule says so.
STANDING = tuple(stage for stage in Lifecycle if stage != Lifecycle.CLOSED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text in Khmer and English; the Khmer may still be missing."""

    en: str
    km: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provision:
    """Where a number comes from: the law and its article, or the reference it was taken from."""

    law: str = ""
    article: str = ""
    citation: str = ""
    jurisdiction: str = ""  # ISO 3166 code of the country whose text it is, e.g. KH, VN
    source: str = ""  # number in the list of sources


@dataclass(frozen=True, kw_only=True, slots=True)
class Selector:
    """Which features: of these classes (a class means its branch), layers or theme.

    What is given must all hold; ``except_layers`` never count. ``surveyed_in`` names the layers
    whose complete survey proves that no further such feature exists; without it, ``layers``, else
    the layers that hold some.
    """

    classes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    except_layers: tuple[str, ...] = ()
    theme: str = ""
    lifecycles: tuple[Lifecycle, ...] = STANDING
    where: Predicate | None = None
    surveyed_in: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.classes or self.layers or self.theme):
            raise RuleFieldError(
                "",
                _("says neither classes, layers nor a theme."),
                remedy=_("Name at least one, e.g. classes: [school]."),
            )
        if not self.lifecycles:
            raise RuleFieldError(
                "lifecycles", _("is empty."), remedy=_("Leave it out to mean all but closed.")
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Exemption:
    """A pair is no conflict when the condition on each side that has one is true."""

    reason: Text
    subject: Predicate | None = None
    object: Predicate | None = None

    def __post_init__(self) -> None:
        if self.subject is None and self.object is None:
            raise RuleFieldError(
                "",
                _("has no condition, so it would exempt every pair."),
                remedy=_("Give a condition under subject, object or both; or delete the rule."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleHead:
    """What every rule states, whatever its kind."""

    kind: ClassVar[str]

    code: str  # public and permanent; never reused
    title: Text
    severity: Severity
    basis: Basis
    provision: Provision
    subject: Selector
    object: Selector
    exemptions: tuple[Exemption, ...] = ()
    message: Text | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not CODE.fullmatch(self.code) or len(self.code) > LONGEST_CODE:
            raise RuleFieldError(
                "code",
                _("'%(code)s' is no rule code.") % {"code": self.code},
                remedy=_("Use capitals, digits and hyphens, at most %(longest_code)s, e.g. LF-02.")
                % {"longest_code": LONGEST_CODE},
            )
        if self.basis == Basis.BINDING_LAW and not (self.provision.law and self.provision.article):
            raise RuleFieldError(
                "provision",
                _("a rule with basis binding_law must cite its law and article."),
                remedy=_("Give provision: {law: ..., article: ...}, or another basis."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation(RuleHead):
    """Subject and object must lie at least so far apart, edge to edge."""

    kind: ClassVar[str] = "separation"

    min_distance_m: float

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        _require_between("min_distance_m", self.min_distance_m, GREATEST_DISTANCE_M)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap(RuleHead):
    """Subject and object must not share ground."""

    kind: ClassVar[str] = "overlap"

    min_overlap_m2: float = 1.0  # smaller slivers are digitising noise

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        _require_positive("min_overlap_m2", self.min_overlap_m2)


@dataclass(frozen=True, kw_only=True, slots=True)
class DepthThreshold:
    """From this water depth on, the conflict has this severity."""

    depth_ge_m: float
    severity: Severity

    def __post_init__(self) -> None:
        _require_positive("depth_ge_m", self.depth_ge_m)


@dataclass(frozen=True, kw_only=True, slots=True)
class HazardExposure(RuleHead):
    """Subject must not lie where a hazard map (the object) shows danger.

    Where the map states depths, the thresholds give the severity and depths below the least of
    them are no conflict; without thresholds or depths the severity is the rule's own.
    """

    kind: ClassVar[str] = "hazard_exposure"

    return_period_years: float | None = None
    thresholds: tuple[DepthThreshold, ...] = ()
    min_overlap_m2: float = 1.0

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        _require_positive("min_overlap_m2", self.min_overlap_m2)
        if self.return_period_years is not None:
            _require_positive("return_period_years", self.return_period_years)
        depths = [threshold.depth_ge_m for threshold in self.thresholds]
        if depths != sorted(set(depths)):
            raise RuleFieldError(
                "thresholds",
                _("the depths must rise from one to the next."),
                remedy=_("Write the least depth first and each depth once."),
            )


Rule = Separation | Overlap | HazardExposure
Parameters = dict[str, Any]


def bind_separation(rule: Rule) -> Parameters:
    """Return what separation.sql needs beside the two selections."""
    if not isinstance(rule, Separation):
        raise TypeError(rule.kind)
    return {"min_distance_m": rule.min_distance_m}


def bind_overlap(rule: Rule) -> Parameters:
    """Return what overlap.sql needs beside the two selections."""
    if not isinstance(rule, Overlap):
        raise TypeError(rule.kind)
    return {"min_overlap_m2": rule.min_overlap_m2}


def bind_hazard_exposure(rule: Rule) -> Parameters:
    """Return what hazard_exposure.sql needs beside the two selections."""
    if not isinstance(rule, HazardExposure):
        raise TypeError(rule.kind)
    return {
        "min_overlap_m2": rule.min_overlap_m2,
        "threshold_depths": [threshold.depth_ge_m for threshold in rule.thresholds],
        "threshold_severities": [str(threshold.severity) for threshold in rule.thresholds],
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How the detector treats one kind of rule."""

    rule: type[Rule]
    sql: str
    bind: Callable[[Rule], Parameters]
    object_is_map: bool = False  # the object answers for its layer, not for one feature


KINDS: Mapping[str, Kind] = {
    "separation": Kind(rule=Separation, sql="separation.sql", bind=bind_separation),
    "overlap": Kind(rule=Overlap, sql="overlap.sql", bind=bind_overlap),
    "hazard_exposure": Kind(
        rule=HazardExposure,
        sql="hazard_exposure.sql",
        bind=bind_hazard_exposure,
        object_is_map=True,
    ),
}


def reach_m(rule: Rule) -> float:
    """Return how far around a subject its objects must be known [m]."""
    return rule.min_distance_m if isinstance(rule, Separation) else 0.0


def object_selector(rule: Rule) -> Selector:
    """Return the object's selector with what the rule's own fields add to it."""
    if not isinstance(rule, HazardExposure) or rule.return_period_years is None:
        return rule.object
    period = Comparison(
        attr="return_period_years", op=Operator.EQ, value=float(rule.return_period_years)
    )
    where = period if rule.object.where is None else AllOf(parts=(rule.object.where, period))
    return replace(rule.object, where=where)


def exemption_paths(rule: Rule) -> tuple[list[str], list[str]]:
    """Return the exemptions' conditions on subject and object; no condition is always true."""
    sides = ([e.subject for e in rule.exemptions], [e.object for e in rule.exemptions])
    subject, of_object = (
        ["(1 == 1)" if part is None else as_jsonpath(part) for part in side] for side in sides
    )
    return subject, of_object


def _require_positive(field: str, value: float) -> None:
    if not value > 0 or not math.isfinite(value):
        raise RuleFieldError(
            field,
            _("is %(value)s, but must be above 0.") % {"value": numbers.general(value)},
            remedy=_("Give a number above 0."),
        )


def _require_between(field: str, value: float, greatest: float) -> None:
    _require_positive(field, value)
    if value > greatest:
        raise RuleFieldError(
            field,
            _("is %(value)s, more than %(greatest)s.")
            % {"value": numbers.general(value), "greatest": numbers.general(greatest)},
            remedy=_("Check the unit: the number counts in metres."),
        )
