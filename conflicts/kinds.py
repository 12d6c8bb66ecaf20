"""The kinds of rules. These dataclasses are the only schema of a rule.

YAML files and the database hold the same data (``rule_schema``). A new kind is one dataclass here,
one file in ``sql/``, one function that binds the rule to the named parameters of that file, and
its line in ``KINDS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.predicates import AllOf, Comparison, Operator, as_jsonpath
from conflicts.rule_parts import (
    GREATEST_DISTANCE_M,
    RuleHead,
    Selector,
    require_between,
    require_positive,
)
from conflicts.vocab import Severity
from layers.vocab import Lifecycle

# What lies on the ground today.
STANDS = (Lifecycle.EXISTING, Lifecycle.UNDER_CONSTRUCTION)
# What can be on reserved land; one reservation on another is a matter of overlap.
ON_RESERVED = frozenset(set(Lifecycle) - {Lifecycle.RESERVED, Lifecycle.CLOSED})
# Smaller ground [m2] or a shorter stretch [m] in one zone is digitising noise.
SLIVER = 1.0
# Borders of two drawings this far apart are one border [m]: the tolerance a city states for its
# areas (KRONG_TOPOLOGY_TOLERANCE_M), without legal force, to be set from the survey's accuracy.
BORDER_TOLERANCE_M = 0.05
# Coordinates of a million metres are this exact after a subtraction [m].
ROUNDING_M = 1e-6
# Farther apart two borders are no longer one, whatever the survey: a lane fits between [m].
GREATEST_TOLERANCE_M = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation(RuleHead):
    """Subject and object must lie at least so far apart, edge to edge."""

    kind: ClassVar[str] = "separation"

    min_distance_m: float

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_between("min_distance_m", self.min_distance_m, GREATEST_DISTANCE_M)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap(RuleHead):
    """Subject and object must not share ground."""

    kind: ClassVar[str] = "overlap"

    min_overlap_m2: float = 1.0  # smaller slivers are digitising noise

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_positive("min_overlap_m2", self.min_overlap_m2)


@dataclass(frozen=True, kw_only=True, slots=True)
class DepthThreshold:
    """From this water depth on, the conflict has this severity."""

    depth_ge_m: float
    severity: Severity

    def __post_init__(self) -> None:
        require_positive("depth_ge_m", self.depth_ge_m)


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
        require_positive("min_overlap_m2", self.min_overlap_m2)
        if self.return_period_years is not None:
            require_positive("return_period_years", self.return_period_years)
        depths = [threshold.depth_ge_m for threshold in self.thresholds]
        if depths != sorted(set(depths)):
            raise RuleFieldError(
                "thresholds",
                _("the depths must rise from one to the next."),
                remedy=_("Write the least depth first and each depth once."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class Adjacency(RuleHead):
    """Subject and object must not lie side by side, unless something lies between them.

    Their shared border is the part of the subject's border that has the object's border straight
    across it within ``tolerance_m``. What ``between`` means takes away the part it runs along,
    within ``between_within_m`` (else the tolerance) of it.
    """

    kind: ClassVar[str] = "adjacency"

    max_border_m: float
    tolerance_m: float = BORDER_TOLERANCE_M
    between: Selector | None = None
    between_within_m: float | None = None

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_between("tolerance_m", self.tolerance_m, GREATEST_TOLERANCE_M)
        require_between("max_border_m", self.max_border_m, GREATEST_DISTANCE_M)
        if self.max_border_m < self.tolerance_m:
            raise RuleFieldError(
                "max_border_m",
                _("is less than the tolerance."),
                remedy=_("Give at least tolerance_m: a corner that touches is no shared border."),
            )
        if self.between_within_m is None:
            return
        require_between("between_within_m", self.between_within_m, GREATEST_DISTANCE_M)
        if self.between is None:
            raise RuleFieldError(
                "between_within_m",
                _("says how near, but not of what."),
                remedy=_("Say under between: what may lie between, or leave it out."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanVsExisting(RuleHead):
    """What stands (subject) must not lie in a zone of the plan (object) that does not permit it.

    From ``min_share`` of its ground on, in all such zones together; less is a border drawn a
    little off.
    """

    kind: ClassVar[str] = "plan_vs_existing"

    min_share: float

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_positive("min_share", self.min_share)
        if self.min_share > 1:
            raise RuleFieldError(
                "min_share", _("is more than 1."), remedy=_("Give a share of the whole, e.g. 0.1.")
            )
        if coming := [stage for stage in self.subject.lifecycles if stage not in STANDS]:
            raise RuleFieldError(
                "subject.lifecycles",
                _("'%(stage)s' does not stand yet, or no more.") % {"stage": coming[0]},
                remedy=_("Write lifecycles: [existing], or [existing, under_construction]."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReservationEncroachment(RuleHead):
    """Nothing (subject) must lie on reserved land (object) but what the land is reserved for.

    What is permitted, planned or proposed can still be turned away: it has ``coming_severity``,
    else the rule's own. What is planned and of the reservation's purpose (class) is no conflict.
    """

    kind: ClassVar[str] = "reservation_encroachment"

    coming_severity: Severity | None = None
    min_overlap_m2: float = 1.0

    def __post_init__(self) -> None:
        RuleHead.__post_init__(self)
        require_positive("min_overlap_m2", self.min_overlap_m2)
        for side, allowed in ((self.object, {Lifecycle.RESERVED}), (self.subject, ON_RESERVED)):
            if wrong := [stage for stage in side.lifecycles if stage not in allowed]:
                raise RuleFieldError(
                    "object.lifecycles" if side is self.object else "subject.lifecycles",
                    _("'%(stage)s' has no place there.") % {"stage": wrong[0]},
                    remedy=_("Use only: %(known)s.") % {"known": ", ".join(sorted(allowed))},
                )


Rule = Separation | Overlap | HazardExposure | Adjacency | PlanVsExisting | ReservationEncroachment
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


def bind_adjacency(rule: Rule) -> Parameters:
    """Return what adjacency.sql needs beside the selections."""
    if not isinstance(rule, Adjacency):
        raise TypeError(rule.kind)
    return {
        "max_border_m": rule.max_border_m,
        "tolerance_m": rule.tolerance_m,
        "facing_m": rule.tolerance_m + ROUNDING_M,
        "between_within_m": rule.between_within_m or rule.tolerance_m,
    }


def bind_plan_vs_existing(rule: Rule) -> Parameters:
    """Return what plan_vs_existing.sql needs beside the two selections."""
    if not isinstance(rule, PlanVsExisting):
        raise TypeError(rule.kind)
    return {"min_share": rule.min_share, "sliver": SLIVER}


def bind_reservation_encroachment(rule: Rule) -> Parameters:
    """Return what reservation_encroachment.sql needs beside the two selections."""
    if not isinstance(rule, ReservationEncroachment):
        raise TypeError(rule.kind)
    return {
        "min_overlap_m2": rule.min_overlap_m2,
        "coming_severity": str(rule.coming_severity or rule.severity),
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How the detector treats one kind of rule."""

    rule: type[Rule]
    sql: str
    bind: Callable[[Rule], Parameters]
    object_is_map: bool = False  # the object answers for its layer, not for one feature
    sums_objects: bool = False  # what one object takes counts together with all the others
    areas: tuple[str, ...] = ()  # the sides of which a point or line cannot be judged


KINDS: Mapping[str, Kind] = {
    "separation": Kind(rule=Separation, sql="separation.sql", bind=bind_separation),
    "overlap": Kind(rule=Overlap, sql="overlap.sql", bind=bind_overlap),
    "hazard_exposure": Kind(
        rule=HazardExposure,
        sql="hazard_exposure.sql",
        bind=bind_hazard_exposure,
        object_is_map=True,
    ),
    "adjacency": Kind(
        rule=Adjacency, sql="adjacency.sql", bind=bind_adjacency, areas=("subject", "object")
    ),
    "plan_vs_existing": Kind(
        rule=PlanVsExisting,
        sql="plan_vs_existing.sql",
        bind=bind_plan_vs_existing,
        areas=("object",),
        sums_objects=True,
    ),
    "reservation_encroachment": Kind(
        rule=ReservationEncroachment,
        sql="reservation_encroachment.sql",
        bind=bind_reservation_encroachment,
        areas=("object",),
    ),
}


def reach_m(rule: Rule) -> float:
    """Return how far around a subject its objects must be known [m]."""
    match rule:
        case Separation():
            return rule.min_distance_m
        case Adjacency():
            return rule.tolerance_m
        case Overlap() | HazardExposure() | PlanVsExisting() | ReservationEncroachment():
            return 0.0


def between_selector(rule: Rule) -> Selector | None:
    """Return what may lie between subject and object, where the rule asks for it."""
    return rule.between if isinstance(rule, Adjacency) else None


def object_selector(rule: Rule) -> Selector:
    """Return the object's selector with what the rule's own fields add to it."""
    if not isinstance(rule, HazardExposure) or rule.return_period_years is None:
        return rule.object
    period = Comparison(
        attr="return_period_years", op=Operator.EQ, value=float(rule.return_period_years)
    )
    where = period if rule.object.where is None else AllOf(parts=(rule.object.where, period))
    return replace(rule.object, where=where)


def selectors(rule: Rule) -> dict[str, Selector]:
    """Return every selector of a rule by the name of its field."""
    named = {"subject": rule.subject, "object": rule.object, "between": between_selector(rule)}
    return {name: selector for name, selector in named.items() if selector is not None}


def exemption_paths(rule: Rule) -> tuple[list[str], list[str]]:
    """Return the exemptions' conditions on subject and object; no condition is always true."""
    sides = ([e.subject for e in rule.exemptions], [e.object for e in rule.exemptions])
    subject, of_object = (
        ["(1 == 1)" if part is None else as_jsonpath(part) for part in side] for side in sides
    )
    return subject, of_object
