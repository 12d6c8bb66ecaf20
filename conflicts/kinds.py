"""The kinds of rules, and how the detector treats each.

YAML files and the database hold the same data (``rule_schema``). A new kind is one dataclass (in
``pair_rules``), one file in ``sql/``, one function that binds the rule to the named parameters of
that file (in ``binding``), and its line in ``KINDS``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from conflicts import binding
from conflicts.airport_rules import ObstacleLimitation
from conflicts.area_rules import Capacity, ServiceCoverage
from conflicts.network_rules import NetworkCoordination
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
from conflicts.reach import Reach
from conflicts.record_rules import DataQuality
from conflicts.rule_parts import Selector
from conflicts.standard_rules import StandardViolation
from conflicts.vocab import Verdict

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
    | Capacity
    | ServiceCoverage
    | StandardViolation
    | NetworkCoordination
    | ObstacleLimitation
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """How the detector treats one kind of rule."""

    rule: type[Rule]
    sql: str
    bind: Callable[[Rule], binding.Parameters]
    reach: Callable[[Rule], Reach]  # on what its findings depend
    object_is_map: bool = False  # the object answers for its layer, not for one feature
    sums_objects: bool = False  # what one object takes counts together with all the others
    finds_absence: bool = False  # a finding has no object: what it lacks is nowhere there
    of_other_layers: bool = False  # the object lies in another layer than the subject
    leaves_untold: bool = False  # its question names the subjects of which it cannot tell
    subject_is_frame: bool = False  # the subject is only where others are looked for
    is_of_records: bool = False  # asks of what is recorded, not of what there is
    areas: tuple[str, ...] = ()  # the sides of which a point or line cannot be judged
    alike: tuple[str, ...] = ()  # the sides that its SQL takes by likeness too (conflict_meant)

    @property
    def asks_alone(self) -> bool:
        """True when a subject is asked about even where there is no object at all."""
        return self.is_of_records or self.tells_of_each

    @property
    def tells_of_each(self) -> bool:
        """True when what it cannot tell is found out of each subject, not of their surroundings."""
        return self.finds_absence or self.leaves_untold


KINDS: Mapping[str, Kind] = {
    "separation": Kind(
        rule=Separation,
        sql="separation.sql",
        bind=binding.bind_separation,
        reach=binding.reach_of_separation,
        alike=SIDES,
    ),
    "overlap": Kind(
        rule=Overlap,
        sql="overlap.sql",
        bind=binding.bind_overlap,
        reach=binding.reach_of_pairs,
        alike=SIDES,
    ),
    "hazard_exposure": Kind(
        rule=HazardExposure,
        sql="hazard_exposure.sql",
        bind=binding.bind_hazard_exposure,
        reach=binding.reach_of_sums,
        object_is_map=True,
        alike=("subject",),
    ),
    "adjacency": Kind(
        rule=Adjacency,
        sql="adjacency.sql",
        bind=binding.bind_adjacency,
        reach=binding.reach_of_adjacency,
        areas=("subject", "object"),
        alike=SIDES,
    ),
    "plan_vs_existing": Kind(
        rule=PlanVsExisting,
        sql="plan_vs_existing.sql",
        bind=binding.bind_plan_vs_existing,
        reach=binding.reach_of_sums,
        areas=("object",),
        sums_objects=True,
        alike=SIDES,
    ),
    "reservation_encroachment": Kind(
        rule=ReservationEncroachment,
        sql="reservation_encroachment.sql",
        bind=binding.bind_reservation_encroachment,
        reach=binding.reach_of_pairs,
        areas=("object",),
        alike=SIDES,
    ),
    "containment": Kind(
        rule=Containment,
        sql="containment.sql",
        bind=binding.bind_containment,
        reach=binding.reach_of_sums,
        areas=("object",),
        finds_absence=True,
        alike=SIDES,
    ),
    "data_quality": Kind(
        rule=DataQuality,
        sql="data_quality.sql",
        bind=binding.bind_data_quality,
        reach=binding.reach_of_records,
        is_of_records=True,
        alike=SIDES,
    ),
    "plan_vs_plan": Kind(
        rule=PlanVsPlan,
        sql="plan_vs_plan.sql",
        bind=binding.bind_plan_vs_plan,
        reach=binding.reach_of_plans,
        of_other_layers=True,
        alike=SIDES,
    ),
    "capacity": Kind(
        rule=Capacity,
        sql="capacity.sql",
        bind=binding.bind_capacity,
        reach=binding.reach_of_areas,
        areas=("subject",),
        finds_absence=True,
        subject_is_frame=True,
    ),
    "service_coverage": Kind(
        rule=ServiceCoverage,
        sql="service_coverage.sql",
        bind=binding.bind_service_coverage,
        reach=binding.reach_of_coverage,
        areas=("subject",),
        finds_absence=True,
        subject_is_frame=True,
        alike=("served",),
    ),
    "standard_violation": Kind(
        rule=StandardViolation,
        sql="standard_violation.sql",
        bind=binding.bind_standard,
        reach=binding.reach_of_sums,
        areas=("object",),
        leaves_untold=True,
    ),
    "network_coordination": Kind(
        rule=NetworkCoordination,
        sql="network_coordination.sql",
        bind=binding.bind_network,
        reach=binding.reach_of_network,
        finds_absence=True,
    ),
    "obstacle_limitation": Kind(
        rule=ObstacleLimitation,
        sql="obstacle_limitation.sql",
        bind=binding.bind_obstacle,
        reach=binding.reach_of_obstacle,
        leaves_untold=True,
    ),
}


def reach_m(rule: Rule) -> float:
    """Return how far around a subject its objects must be known [m]."""
    return KINDS[rule.kind].reach(rule).objects_m


def between_selector(rule: Rule) -> Selector | None:
    """Return what a rule asks of beside the two sides: what lies between, is served or counted."""
    if isinstance(rule, ServiceCoverage | Capacity):
        return rule.served
    if isinstance(rule, StandardViolation):
        return rule.counted
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
    is_alone = kind.object_is_map or kind.finds_absence or not has_object(rule)
    return SIDES[:1] if is_alone else SIDES


def has_object(rule: Rule) -> bool:
    """Tell whether a rule holds its subjects against others, not only against a number."""
    return not isinstance(rule, DataQuality | StandardViolation) or rule.has_object


def selectors(rule: Rule) -> dict[str, Selector]:
    """Return every selector of a rule by the name of its field."""
    thirds = {"service_coverage": "served", "capacity": "served", "standard_violation": "counted"}
    is_held = isinstance(rule, DataQuality) or not has_object(rule)
    of_object = None if is_held else rule.object
    named = {
        "subject": rule.subject,
        "object": of_object,
        thirds.get(rule.kind, "between"): between_selector(rule),
    }
    return {name: selector for name, selector in named.items() if selector is not None}


def exemption_paths(rule: Rule) -> tuple[list[str], list[str]]:
    """Return the exemptions' conditions on subject and object; no condition is always true."""
    sides = ([e.subject for e in rule.exemptions], [e.object for e in rule.exemptions])
    subject, of_object = (
        ["(1 == 1)" if part is None else as_jsonpath(part) for part in side] for side in sides
    )
    return subject, of_object
