"""Rules about areas: what is within them, counted together."""

from dataclasses import dataclass
from typing import ClassVar

from conflicts.rule_parts import (
    GREATEST_DISTANCE_M,
    PairRule,
    Selector,
    refuse_object_exemptions,
    require_between,
)
from conflicts.vocab import Along


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCoverage(PairRule):
    """In each area (subject) what is ``served`` lies within reach of a service (object).

    The distance is measured in a straight line, from edge to edge. ``along`` says what the
    standard means: along the streets it is never shorter, so what a straight line leaves unserved
    is unserved, and what it reaches may still be.
    """

    kind: ClassVar[str] = "service_coverage"

    served: Selector
    max_distance_m: float
    along: Along

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_between("max_distance_m", self.max_distance_m, GREATEST_DISTANCE_M)
        refuse_object_exemptions(self)
