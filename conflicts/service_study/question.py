"""What a planner asks of the services of a city, and from which numbers."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _

from conflicts.service_study.standards import ServiceQuestionError, standards_named
from conflicts.service_study.streets import TOLERANCE_M
from conflicts.service_study.vocab import PeopleFrom

# Farther off every street nobody can say how people come to a door [m]: a block of a Cambodian
# town is 100 to 250 m wide. Without legal force; a planner may state another.
ACCESS_M = 100.0
GREATEST_ACCESS_M, GREATEST_TOLERANCE_M = 1_000.0, 20.0
MOST_PEOPLE = 1e9
GREATEST_GROWTH = 0.2  # a city that grows by a fifth a year doubles in four years
MOST_YEARS = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceQuestion:
    """Which services (none: all of the table), and what is known of the people.

    ``people`` is a number for the city, ``growth`` a share a year over ``years``; each only with
    its source. Layers left empty are found by their names and themes.
    """

    services: tuple[str, ...] = ()
    people_from: PeopleFrom = PeopleFrom.BEST
    people: float | None = None
    people_source: str = ""
    growth: float | None = None
    growth_source: str = ""
    years: float | None = None
    horizon_year: int | None = None
    access_m: float = ACCESS_M
    tolerance_m: float = TOLERANCE_M
    areas: str = ""
    homes: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        standards_named(self.services)
        _require("people", self.people, 1.0, MOST_PEOPLE)
        _require("growth", self.growth, -GREATEST_GROWTH, GREATEST_GROWTH)
        _require("years", self.years, 0.0, MOST_YEARS)
        _require("access", self.access_m, 1.0, GREATEST_ACCESS_M)
        _require("tolerance", self.tolerance_m, 0.0, GREATEST_TOLERANCE_M)
        self._require_sources()

    def _require_sources(self) -> None:
        """Refuse a number without the source it comes from, and half a growth."""
        if (self.people is None) == (self.people_from == PeopleFrom.STATED):
            raise ServiceQuestionError(
                _("A number of people and 'stated' go together."), remedy=_("Give both or neither.")
            )
        if (self.growth is None) != (self.years is None):
            raise ServiceQuestionError(
                _("Growth needs a share a year and a number of years."),
                remedy=_("Give both or neither."),
            )
        for number, source in (
            (self.people, self.people_source),
            (self.growth, self.growth_source),
        ):
            if number is not None and not source.strip():
                raise ServiceQuestionError(
                    _("A number without its source cannot be checked by anyone."),
                    remedy=_("Say where it comes from, e.g. census 2019."),
                )

    @property
    def growth_factor(self) -> float | None:
        """By how much the people of today grow until the horizon; None: nobody said."""
        if self.growth is None or self.years is None:
            return None
        return float((1.0 + self.growth) ** self.years)

    def as_json(self) -> dict[str, Any]:
        """Return the question as it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "ServiceQuestion":
        """Return the question that was kept."""
        named: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()
        }
        named["people_from"] = PeopleFrom(named["people_from"])
        return cls(**named)


def _require(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not (math.isfinite(value) and least <= value <= most):
        raise ServiceQuestionError(
            _("%(value)s is no number for '%(name)s'.") % {"value": value, "name": name},
            remedy=_("Give %(least)s to %(most)s.") % {"least": f"{least:g}", "most": f"{most:g}"},
        )
