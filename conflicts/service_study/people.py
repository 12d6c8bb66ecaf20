"""How many people live where, from the best source there is; none is ever made up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from conflicts.service_study.ground import Areas, Homes
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.standards import ServiceQuestionError, household_size
from conflicts.service_study.streets import Floats, Ints
from conflicts.service_study.vocab import Horizon, PeopleFrom

POPULATION = "population"


@dataclass(frozen=True, kw_only=True, slots=True)
class People:
    """How many live in each home (all homes, also those coming), by which source."""

    by: PeopleFrom
    of_home: Mapping[Horizon, Floats]  # 0 for a home that does not count yet

    @property
    def are_known(self) -> bool:
        """False when only buildings are counted."""
        return self.by != PeopleFrom.BUILDINGS


@dataclass(frozen=True, kw_only=True, slots=True)
class _Asked:
    """What each source is asked with."""

    question: ServiceQuestion
    homes: Homes
    areas: Areas
    area_of: Ints

    @property
    def in_city(self) -> Ints:
        """0 for a home in any area, -1 outside all."""
        return np.where(self.area_of >= 0, 0, -1)


def count_people(question: ServiceQuestion, homes: Homes, areas: Areas, area_of: Ints) -> People:
    """Return the people of each home: of the source asked for, or the best that knows them all.

    Raises
    ------
    ServiceQuestionError
        The source asked for does not know all of them.
    """
    asked = _Asked(question=question, homes=homes, areas=areas, area_of=area_of)
    chosen = [question.people_from]
    if question.people_from == PeopleFrom.BEST:
        chosen = [PeopleFrom.RECORDED, PeopleFrom.DWELLINGS, PeopleFrom.AREAS, PeopleFrom.BUILDINGS]
    for source in chosen:
        weights = SOURCES[source](asked)
        if weights is not None:
            return People(by=source, of_home=_at_each_time(asked, source, weights))
    raise ServiceQuestionError(
        _("The people are not known that way for all homes: %(source)s.")
        % {"source": PeopleFrom(question.people_from).label},
        remedy=_("Record what is missing, or choose another source."),
    )


def _recorded(asked: _Asked) -> Floats | None:
    return _whole(asked.homes.rows["people"].astype(np.float64))


def _dwellings(asked: _Asked) -> Floats | None:
    found = _whole(asked.homes.rows["dwellings"].astype(np.float64))
    return None if found is None else found * household_size()[0]


def _households(asked: _Asked) -> Floats | None:
    return np.full(len(asked.homes.rows), household_size()[0])


def _buildings(asked: _Asked) -> Floats | None:
    return np.ones(len(asked.homes.rows))


def _stated(asked: _Asked) -> Floats | None:
    people = asked.question.people
    if people is None:
        return None
    return _shared_out(asked, asked.in_city, np.array([people]), Horizon.TODAY)


def _by_area(asked: _Asked) -> Floats | None:
    known = [_population(each.properties.get(POPULATION)) for each in asked.areas.features]
    people = np.array([np.nan if number is None else number for number in known])
    lived_in = np.unique(asked.area_of[asked.area_of >= 0])
    if not len(lived_in) or np.isnan(people[lived_in]).any():
        return None
    return _shared_out(asked, asked.area_of, np.nan_to_num(people), Horizon.TODAY)


def _population(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and float(value) >= 0 else None  # type: ignore[arg-type]


def _shared_out(asked: _Asked, group: Ints, people: Floats, horizon: Horizon) -> Floats:
    """Share the people of each group out among its homes of that time by floor area."""
    counts = asked.homes.at(horizon) & (group >= 0)
    floor = np.where(counts, asked.homes.rows["floor_m2"].astype(np.float64), 0.0)
    whole = np.bincount(np.maximum(group, 0), weights=floor, minlength=len(people))
    share = np.divide(floor, whole[group], out=np.zeros_like(floor), where=whole[group] > 0)
    return share * people[group]


def _whole(values: Floats) -> Floats | None:
    return None if not len(values) or np.isnan(values).any() else values


SOURCES: Mapping[PeopleFrom, Callable[[_Asked], Floats | None]] = {
    PeopleFrom.RECORDED: _recorded,
    PeopleFrom.DWELLINGS: _dwellings,
    PeopleFrom.AREAS: _by_area,
    PeopleFrom.STATED: _stated,
    PeopleFrom.HOUSEHOLDS: _households,
    PeopleFrom.BUILDINGS: _buildings,
}
# Sources that tell how many people there are, whatever homes were recorded.
TOTALS = frozenset({PeopleFrom.AREAS, PeopleFrom.STATED})


def _at_each_time(asked: _Asked, source: PeopleFrom, weights: Floats) -> dict[Horizon, Floats]:
    """Return the people of today, and of the horizon: as many more as the growth stated says.

    Without a growth rate the homes that are coming bring their own people; where only a total is
    known, it stays as it is. The people of the horizon live in the homes of the horizon.
    """
    today = np.where(asked.homes.at(Horizon.TODAY), weights, 0.0)
    later = np.where(asked.homes.at(Horizon.PLANNED), weights, 0.0)
    growth = asked.question.growth_factor
    if source in TOTALS:
        later = _spread_later(asked, source, today)
    if growth is not None and source != PeopleFrom.BUILDINGS and later.any():
        later = later * (today.sum() * growth / later.sum())
    return {Horizon.TODAY: today, Horizon.PLANNED: later}


def _spread_later(asked: _Asked, source: PeopleFrom, today: Floats) -> Floats:
    group = asked.area_of if source == PeopleFrom.AREAS else asked.in_city
    people = np.bincount(np.maximum(group, 0), weights=np.where(group >= 0, today, 0.0))
    return _shared_out(asked, group, people, Horizon.PLANNED)
