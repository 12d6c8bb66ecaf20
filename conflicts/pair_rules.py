"""Rules about pairs: a subject against an object. These dataclasses are their only schema."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.rule_parts import (
    GREATEST_DISTANCE_M,
    PairRule,
    Selector,
    refuse_object_exemptions,
    require_between,
    require_positive,
    require_share,
)
from conflicts.vocab import Severity, Verdict
from layers.vocab import Lifecycle

# What lies on the ground today.
STANDS = (Lifecycle.EXISTING, Lifecycle.UNDER_CONSTRUCTION)
# What can be on reserved land; one reservation on another is a matter of overlap.
ON_RESERVED = frozenset(set(Lifecycle) - {Lifecycle.RESERVED, Lifecycle.CLOSED})
# Borders of two drawings this far apart are one border [m]: the tolerance a city states for its
# areas (KRONG_TOPOLOGY_TOLERANCE_M), without legal force, to be set from the survey's accuracy.
BORDER_TOLERANCE_M = 0.05
# Farther apart two borders are no longer one, whatever the survey: a lane fits between [m].
GREATEST_TOLERANCE_M = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Separation(PairRule):
    """Subject and object must lie at least so far apart, edge to edge."""

    kind: ClassVar[str] = "separation"

    min_distance_m: float

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_between("min_distance_m", self.min_distance_m, GREATEST_DISTANCE_M)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap(PairRule):
    """Subject and object must not share ground."""

    kind: ClassVar[str] = "overlap"

    min_overlap_m2: float = 1.0  # smaller slivers are digitising noise

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_positive("min_overlap_m2", self.min_overlap_m2)


@dataclass(frozen=True, kw_only=True, slots=True)
class DepthThreshold:
    """From this water depth on, the conflict has this severity."""

    depth_ge_m: float
    severity: Severity

    def __post_init__(self) -> None:
        require_positive("depth_ge_m", self.depth_ge_m)


@dataclass(frozen=True, kw_only=True, slots=True)
class HazardExposure(PairRule):
    """Subject must not lie where a hazard map (the object) shows danger.

    Where the map states depths, the thresholds give the severity and depths below the least of
    them are no conflict; without thresholds or depths the severity is the rule's own.
    """

    kind: ClassVar[str] = "hazard_exposure"

    return_period_years: float | None = None
    thresholds: tuple[DepthThreshold, ...] = ()
    min_overlap_m2: float = 1.0

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
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
class Adjacency(PairRule):
    """Subject and object must not lie side by side, unless something lies between them.

    Their shared border is the part of the subject's border that has the object's border straight
    across it within ``tolerance_m``. What ``between`` means takes away the part it runs along,
    within ``between_within_m`` (else the tolerance) of it. With the verdict "unrated" nobody has
    said whether the two go together: what it finds is "cannot tell", never a clear neighbour.
    """

    kind: ClassVar[str] = "adjacency"

    max_border_m: float
    tolerance_m: float = BORDER_TOLERANCE_M
    between: Selector | None = None
    between_within_m: float | None = None
    verdict: Verdict = Verdict.CONFLICT

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
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
class PlanVsExisting(PairRule):
    """What stands (subject) must not lie in a zone of the plan (object) that does not permit it.

    From ``min_share`` of its ground on, in all such zones together; less is a border drawn a
    little off.
    """

    kind: ClassVar[str] = "plan_vs_existing"

    min_share: float

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_share("min_share", self.min_share)
        if coming := [stage for stage in self.subject.lifecycles if stage not in STANDS]:
            raise RuleFieldError(
                "subject.lifecycles",
                _("'%(stage)s' does not stand yet, or no more.") % {"stage": coming[0]},
                remedy=_("Write lifecycles: [existing], or [existing, under_construction]."),
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReservationEncroachment(PairRule):
    """Nothing (subject) must lie on reserved land (object) but what the land is reserved for.

    What is permitted, planned or proposed can still be turned away: it has ``coming_severity``,
    else the rule's own. What is planned and of the reservation's purpose (class) is no conflict.
    """

    kind: ClassVar[str] = "reservation_encroachment"

    coming_severity: Severity | None = None
    min_overlap_m2: float = 1.0

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_positive("min_overlap_m2", self.min_overlap_m2)
        for side, allowed in ((self.object, {Lifecycle.RESERVED}), (self.subject, ON_RESERVED)):
            if wrong := [stage for stage in side.lifecycles if stage not in allowed]:
                raise RuleFieldError(
                    "object.lifecycles" if side is self.object else "subject.lifecycles",
                    _("'%(stage)s' has no place there.") % {"stage": wrong[0]},
                    remedy=_("Use only: %(known)s.") % {"known": ", ".join(sorted(allowed))},
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Containment(PairRule):
    """Subject must lie within objects, all together, with ``min_share`` of its ground.

    What lies outside counts only where the objects were surveyed: elsewhere one may be unknown.
    """

    kind: ClassVar[str] = "containment"

    min_share: float = 1.0

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_share("min_share", self.min_share)
        refuse_object_exemptions(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanVsPlan(PairRule):
    """What one plan wants (subject) must not contradict what another plan wants (object).

    A plan is a layer. The two must not share ground; with ``min_distance_m`` they must lie so far
    apart, edge to edge, also across the border at which one plan ends and the next begins.
    """

    kind: ClassVar[str] = "plan_vs_plan"

    min_overlap_m2: float = 1.0
    min_distance_m: float | None = None

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_positive("min_overlap_m2", self.min_overlap_m2)
        if self.min_distance_m is not None:
            require_between("min_distance_m", self.min_distance_m, GREATEST_DISTANCE_M)
        if self.is_within_one_plan:
            raise RuleFieldError(
                "object.layers",
                _("is the plan of the subject itself."),
                remedy=_("Name the layer of another plan, or a theme; for one plan use overlap."),
            )

    @property
    def is_within_one_plan(self) -> bool:
        """True when both sides name the same single layer."""
        return len(self.subject.layers) == 1 and self.subject.layers == self.object.layers
