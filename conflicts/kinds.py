"""The kinds of rules, and how the detector treats each.

YAML files and the database hold the same data (``rule_schema``). A new kind is one dataclass (in
``pair_rules``), one file in ``sql/``, one function that binds the rule to the named parameters of
that file, and its line in ``KINDS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conflicts.area_rules import ServiceCoverage
from conflicts.city_ground import LEAST_WIDTH_M
from conflicts.pair_rules import (
    Adjacency,
    Containment,
    HazardExposure,
    Overlap,
    PlanVsExisting,
    PlanVsPlan,
    ReservationEncroachment,
    Separation,
)
from conflicts.predicates import AllOf, Comparison, Operator, as_jsonpath
from conflicts.reach import Reach, Scope
from conflicts.record_rules import DataQuality
from conflicts.rule_parts import Selector
from conflicts.vocab import Along, Verdict

# Smaller ground [m2] or a shorter stretch [m] in one zone is digitising noise.
SLIVER = 1.0
# Coordinates of a million metres are this exact after a subtraction [m].
ROUNDING_M = 1e-6
SIDES = ("subject", "object")

Rule = (
    Separation
    | Overlap
    | HazardExposure
    | Adjacency
    | PlanVsExisting
    | ReservationEncroachment
    | Containment
    | DataQuality
    | PlanVsPlan
    | ServiceCoverage
)
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


def bind_containment(rule: Rule) -> Parameters:
    """Return what containment.sql needs beside the two selections."""
    if not isinstance(rule, Containment):
        raise TypeError(rule.kind)
    return {"min_share": rule.min_share, "sliver": SLIVER}


def bind_data_quality(rule: Rule) -> Parameters:
    """Return what data_quality.sql needs beside the two selections."""
    if not isinstance(rule, DataQuality):
        raise TypeError(rule.kind)
    return {
        "check": str(rule.check),
        "attribute": rule.attribute,
        "least": rule.least,
        "greatest": rule.greatest,
        "unit": rule.unit,
        "tolerance_m": rule.tolerance_m,
        "half_m": rule.tolerance_m / 2 - ROUNDING_M,
        "rounding_m": ROUNDING_M,
    }


def reach_of_records(rule: Rule) -> Reach:
    """Return the reach of what is asked of records: two of one shape, a tolerance apart."""
    if not isinstance(rule, DataQuality):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.tolerance_m if rule.has_object else 0.0)


def bind_plan_vs_plan(rule: Rule) -> Parameters:
    """Return what plan_vs_plan.sql needs beside the two selections."""
    if not isinstance(rule, PlanVsPlan):
        raise TypeError(rule.kind)
    return {
        "by_distance": rule.min_distance_m is not None,
        "min_distance_m": rule.min_distance_m or 0.0,
        "min_overlap_m2": rule.min_overlap_m2,
    }


def reach_of_plans(rule: Rule) -> Reach:
    """Return the reach of two plans: the distance asked for between them, if any."""
    if not isinstance(rule, PlanVsPlan):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.min_distance_m or 0.0)


def bind_service_coverage(rule: Rule) -> Parameters:
    """Return what service_coverage.sql needs beside the three selections."""
    if not isinstance(rule, ServiceCoverage):
        raise TypeError(rule.kind)
    return {
        "max_distance_m": rule.max_distance_m,
        "along_streets": rule.along == Along.STREETS,
        "least_width_m": LEAST_WIDTH_M,
    }


def reach_of_coverage(rule: Rule) -> Reach:
    """Return the reach of a service: of an area all that is in it and around it."""
    if not isinstance(rule, ServiceCoverage):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.RULE, objects_m=rule.max_distance_m)


def reach_of_pairs(_rule: Rule) -> Reach:
    """Return the reach of what is measured where two features share ground."""
    return Reach(scope=Scope.PAIR, objects_m=0.0)


def reach_of_sums(_rule: Rule) -> Reach:
    """Return the reach of what is measured of all the ground a subject shares or lacks."""
    return Reach(scope=Scope.SUBJECT, objects_m=0.0)


def reach_of_separation(rule: Rule) -> Reach:
    """Return the reach of a least distance: the distance itself."""
    if not isinstance(rule, Separation):
        raise TypeError(rule.kind)
    return Reach(scope=Scope.PAIR, objects_m=rule.min_distance_m)


def reach_of_adjacency(rule: Rule) -> Reach:
    """Return the reach of a shared border: what lies between counts from it on."""
    if not isinstance(rule, Adjacency):
        raise TypeError(rule.kind)
    between_m = rule.tolerance_m + (rule.between_within_m or rule.tolerance_m)
    return Reach(scope=Scope.PAIR, objects_m=rule.tolerance_m, between_m=between_m)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How the detector treats one kind of rule."""

    rule: type[Rule]
    sql: str
    bind: Callable[[Rule], Parameters]
    reach: Callable[[Rule], Reach]  # on what its findings depend
    object_is_map: bool = False  # the object answers for its layer, not for one feature
    sums_objects: bool = False  # what one object takes counts together with all the others
    finds_absence: bool = False  # a finding has no object: what it lacks is nowhere there
    of_other_layers: bool = False  # the object lies in another layer than the subject
    subject_is_frame: bool = False  # the subject is only where others are looked for
    is_of_records: bool = False  # asks of what is recorded, not of what there is
    areas: tuple[str, ...] = ()  # the sides of which a point or line cannot be judged

    @property
    def asks_alone(self) -> bool:
        """True when a subject is asked about even where there is no object at all."""
        return self.finds_absence or self.is_of_records


KINDS: Mapping[str, Kind] = {
    "separation": Kind(
        rule=Separation, sql="separation.sql", bind=bind_separation, reach=reach_of_separation
    ),
    "overlap": Kind(rule=Overlap, sql="overlap.sql", bind=bind_overlap, reach=reach_of_pairs),
    "hazard_exposure": Kind(
        rule=HazardExposure,
        sql="hazard_exposure.sql",
        bind=bind_hazard_exposure,
        reach=reach_of_sums,
        object_is_map=True,
    ),
    "adjacency": Kind(
        rule=Adjacency,
        sql="adjacency.sql",
        bind=bind_adjacency,
        reach=reach_of_adjacency,
        areas=("subject", "object"),
    ),
    "plan_vs_existing": Kind(
        rule=PlanVsExisting,
        sql="plan_vs_existing.sql",
        bind=bind_plan_vs_existing,
        reach=reach_of_sums,
        areas=("object",),
        sums_objects=True,
    ),
    "reservation_encroachment": Kind(
        rule=ReservationEncroachment,
        sql="reservation_encroachment.sql",
        bind=bind_reservation_encroachment,
        reach=reach_of_pairs,
        areas=("object",),
    ),
    "containment": Kind(
        rule=Containment,
        sql="containment.sql",
        bind=bind_containment,
        reach=reach_of_sums,
        areas=("object",),
        finds_absence=True,
    ),
    "data_quality": Kind(
        rule=DataQuality,
        sql="data_quality.sql",
        bind=bind_data_quality,
        reach=reach_of_records,
        is_of_records=True,
    ),
    "plan_vs_plan": Kind(
        rule=PlanVsPlan,
        sql="plan_vs_plan.sql",
        bind=bind_plan_vs_plan,
        reach=reach_of_plans,
        of_other_layers=True,
    ),
    "service_coverage": Kind(
        rule=ServiceCoverage,
        sql="service_coverage.sql",
        bind=bind_service_coverage,
        reach=reach_of_coverage,
        areas=("subject",),
        finds_absence=True,
        subject_is_frame=True,
    ),
}


def reach_m(rule: Rule) -> float:
    """Return how far around a subject its objects must be known [m]."""
    return KINDS[rule.kind].reach(rule).objects_m


def between_selector(rule: Rule) -> Selector | None:
    """Return what a rule asks of beside the two sides: what lies between them, or is served."""
    if isinstance(rule, ServiceCoverage):
        return rule.served
    return rule.between if isinstance(rule, Adjacency) else None


def is_unrated(rule: Rule) -> bool:
    """Tell whether what the rule finds is a pair that nobody has rated, and no conflict yet."""
    return isinstance(rule, Adjacency) and rule.verdict == Verdict.UNRATED


def object_selector(rule: Rule) -> Selector:
    """Return the object's selector with what the rule's own fields add to it."""
    if not isinstance(rule, HazardExposure) or rule.return_period_years is None:
        return rule.object
    period = Comparison(
        attr="return_period_years", op=Operator.EQ, value=float(rule.return_period_years)
    )
    where = period if rule.object.where is None else AllOf(parts=(rule.object.where, period))
    return replace(rule.object, where=where)


def is_by_distance(rule: Rule) -> bool:
    """Tell whether a rule asks for a least distance."""
    return isinstance(rule, Separation) or (
        isinstance(rule, PlanVsPlan) and rule.min_distance_m is not None
    )


def sides_asked(rule: Rule) -> tuple[str, ...]:
    """Return on which sides of a finding a feature can stand; without an object on one.

    On neither where the subject is a frame: no one proposes a sangkat.
    """
    kind = KINDS[rule.kind]
    if kind.subject_is_frame:
        return ()
    is_alone = isinstance(rule, DataQuality) and not rule.has_object
    return SIDES[:1] if kind.object_is_map or kind.finds_absence or is_alone else SIDES


def selectors(rule: Rule) -> dict[str, Selector]:
    """Return every selector of a rule by the name of its field."""
    of_object = None if isinstance(rule, DataQuality) else rule.object
    third = "served" if isinstance(rule, ServiceCoverage) else "between"
    named = {"subject": rule.subject, "object": of_object, third: between_selector(rule)}
    return {name: selector for name, selector in named.items() if selector is not None}


def exemption_paths(rule: Rule) -> tuple[list[str], list[str]]:
    """Return the exemptions' conditions on subject and object; no condition is always true."""
    sides = ([e.subject for e in rule.exemptions], [e.object for e in rule.exemptions])
    subject, of_object = (
        ["(1 == 1)" if part is None else as_jsonpath(part) for part in side] for side in sides
    )
    return subject, of_object
