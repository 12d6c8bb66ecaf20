"""Rules about the networks that what is planned needs: roads, water, drainage, power."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.rule_parts import GREATEST_DISTANCE_M, PairRule, refuse_object_exemptions

# The nearest part of the network is told up to here beyond what is asked for [m]. It has no part in
# the answer: farther away it cures nothing and its distance says little.
NEAREST_WITHIN_M = 2_000.0


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkCoordination(PairRule):
    """What is planned (subject) is served by a network (object), standing or planned.

    Something of the network touches or crosses it, or lies within ``max_distance_m`` where a
    source states a distance. With ``year_attribute`` a network whose stated year comes after the
    subject's serves it too late; one still to be built without a year may. Where the subject
    states none, time is not asked.
    """

    kind: ClassVar[str] = "network_coordination"

    max_distance_m: float = 0.0
    year_attribute: str = ""

    @property
    def named_within_m(self) -> float:
        """Up to where the nearest part of the network is told [m]."""
        return self.max_distance_m + NEAREST_WITHIN_M

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        refuse_object_exemptions(self)
        if not 0 <= self.max_distance_m <= GREATEST_DISTANCE_M:
            raise RuleFieldError(
                "max_distance_m",
                _("must be 0 or more, and at most %(greatest)s.")
                % {"greatest": f"{GREATEST_DISTANCE_M:.0f}"},
                remedy=_("Write 0 for: touches or crosses it."),
            )
