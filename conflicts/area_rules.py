"""Rules about areas: what is within them, counted together."""

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
)
from conflicts.vocab import Along, Supply

# Far beyond any number of people one record stands for, or what one of them asks for.
GREATEST_EACH = 1_000_000.0


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Capacity(PairRule):
    """In each area (subject) the services (objects) have room for those who need them (served).

    Each of ``served`` stands for as many people as its ``demand_attribute`` says times
    ``people_each`` (without an attribute: ``people_each``); each of them asks for
    ``required_each`` m² of the services' ground, places (``supply_attribute``) or services.
    """

    kind: ClassVar[str] = "capacity"

    served: Selector
    required_each: float
    supply: Supply
    supply_attribute: str = ""
    demand_attribute: str = ""
    people_each: float = 1.0

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        require_positive("required_each", self.required_each)
        require_between("people_each", self.people_each, GREATEST_EACH)
        refuse_object_exemptions(self)
        if bool(self.supply_attribute) != (self.supply == Supply.ATTRIBUTE):
            raise RuleFieldError(
                "supply_attribute",
                _("goes together with supply: attribute."),
                remedy=_("Name the attribute that states the places, or leave it out."),
            )
