"""One study of the services of a city, from question to answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from conflicts.service_study.balance import Balance, Populated, balance, is_covered
from conflicts.service_study.coverage import Coverage, coverage, nothing_measured
from conflicts.service_study.ground import (
    Areas,
    Homes,
    Sites,
    StreetLines,
    read_areas,
    read_homes,
    read_sites,
    read_streets,
)
from conflicts.service_study.people import TOTALS, People, count_people
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.reach import Places, Reached, reached, reached_straight
from conflicts.service_study.standards import ServiceStandard, standards_named
from conflicts.service_study.streets import Floats, Ints, Mask
from conflicts.service_study.vocab import Catchment, Horizon, Measure, PeopleFrom
from conflicts.service_study.ways import NetworkBuilder
from layers.runs import Progress

CITY = -1  # the place of the city among its areas


@dataclass(frozen=True, kw_only=True, slots=True)
class AreaRow:
    """One service in one area at one time."""

    area: int  # its place among the areas; CITY: all of them
    people: float
    coverage: Coverage | None
    balances: tuple[Balance, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRow:
    """One service at one time: its places, who reaches it, and every area."""

    standard: ServiceStandard
    horizon: Horizon
    site_count: int
    unsure_count: int
    off_street: int  # sites that no street leads to
    reached: Reached | None  # for the homes of that time
    areas: tuple[AreaRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceAnswer:
    """Everything a study found."""

    areas: Areas
    homes: Homes
    area_of: Ints
    people: People
    streets: StreetLines
    parts: Mapping[Horizon, int]  # into how many parts the streets people walk on fall
    rows: tuple[ServiceRow, ...]

    @property
    def outside(self) -> int:
        """How many homes of today lie in no area, and are not counted."""
        return int((self.area_of[self.homes.at(Horizon.TODAY)] < 0).sum())


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """What every service is held against."""

    homes: Homes
    area_of: Ints
    area_of_site: Mapping[str, Ints]  # by service: each site is in one area, as each home is
    people: People
    grounds: Mapping[int, BaseGeometry]  # by area
    homes_are_all: Mapping[int, bool]


def study(question: ServiceQuestion, report: Progress) -> ServiceAnswer:
    """Answer a question; must run inside a transaction, so that all is read of one moment."""
    report(0.02, "Reading homes and areas")
    areas, homes = read_areas(question), read_homes(question)
    area_of = areas.of(homes.places)
    people = count_people(question, homes, areas, area_of)
    asked = standards_named(question.services)
    sites = {each.code: read_sites(each.selection, question.horizon_year) for each in asked}
    frame = _Frame(
        homes=homes,
        area_of=area_of,
        area_of_site={code: areas.of(each.middles) for code, each in sites.items()},
        people=people,
        grounds={**dict(enumerate(areas.shapes)), CITY: shapely.union_all(areas.shapes)},
        homes_are_all=_where_homes_are_known(homes, areas),
    )
    report(0.2, "Reading streets and services")
    builder = NetworkBuilder(
        question=question,
        lines=read_streets(question),
        homes=homes,
        sites=sites,
        open_services=frozenset(each.code for each in asked if each.selection.is_open),
    )
    return ServiceAnswer(
        areas=areas,
        homes=homes,
        area_of=area_of,
        people=people,
        streets=builder.lines,
        rows=tuple(_service_rows(asked, builder, frame, report)),
        parts=_parts(builder),
    )


def _service_rows(
    asked: Sequence[ServiceStandard], builder: NetworkBuilder, frame: _Frame, report: Progress
) -> Iterator[ServiceRow]:
    for number, standard in enumerate(asked):
        report(0.25 + 0.65 * number / len(asked), standard.title_en)
        sites = builder.sites[standard.code]
        for horizon in Horizon:
            found, off_street = judged(standard, sites, builder, horizon)
            chosen = sites.at(horizon)
            yield ServiceRow(
                standard=standard,
                horizon=horizon,
                site_count=int((chosen & sites.is_sure).sum()),
                unsure_count=int((chosen & ~sites.is_sure).sum()),
                off_street=off_street,
                reached=found,
                areas=tuple(
                    _area_row(standard, sites, horizon, found, number, frame)
                    for number in sorted(frame.grounds)
                ),
            )


def judged(
    standard: ServiceStandard, sites: Sites, builder: NetworkBuilder, horizon: Horizon
) -> tuple[Reached | None, int]:
    """Return who reaches a service at a time, and how many of its sites no street leads to."""
    if not standard.asks_distance or not sites.has_class:
        return None, 0
    chosen = sites.at(horizon)
    every = Places(
        sites=sites.shapes,
        is_sure=sites.is_sure,
        head_start_m=_head_starts(standard, sites),
        known=sites.known,
    )
    places, there = every.some(chosen), builder.homes.at(horizon)
    at = builder.homes.places[there]
    network = builder.network(standard.catchment, horizon)
    if network is None:
        return reached_straight(at, places, standard.reach_m), 0
    doors = network.entrances[standard.code]
    kept = chosen[doors.of_site]
    renumbered = np.cumsum(chosen) - 1
    entrances = replace(
        doors,
        nodes=doors.nodes[kept],
        off_m=doors.off_m[kept],
        of_site=renumbered[doors.of_site[kept]],
    )
    off_street = int(chosen.sum()) - len(np.unique(entrances.of_site))
    ways = replace(network.ways, homes=network.ways.homes.some(there))
    return reached(at, places, entrances, ways, standard.reach_m), off_street


def _head_starts(standard: ServiceStandard, sites: Sites) -> Floats:
    """Return by how much each site serves less far than the farthest-reaching one [m]."""
    own = np.where(sites.is_far, standard.selection.far_m, standard.catchment_m or 0.0)
    return np.asarray(standard.reach_m - own, np.float64)


def _area_row(
    standard: ServiceStandard,
    sites: Sites,
    horizon: Horizon,
    found: Reached | None,
    number: int,
    frame: _Frame,
) -> AreaRow:
    there = frame.homes.at(horizon)
    lived = frame.people.of_home[horizon][there]
    area_of = frame.area_of[there]
    inside: Mask = area_of >= 0 if number == CITY else area_of == number
    people, are_all = float(lived[inside].sum()), frame.homes_are_all[number]
    covered = None
    if found is not None:
        covered = coverage(standard, found, lived, inside, homes_are_all=are_all)
    elif standard.catchment_m:
        covered = nothing_measured(standard, people)
    populated = _populated(frame, number, people)
    at_hand = sites.at(horizon)
    own = at_hand & (frame.area_of_site[standard.code] == number) if number != CITY else at_hand
    return AreaRow(
        area=number,
        people=people,
        coverage=covered,
        balances=tuple(
            # ground counts wherever the middle of its site lies; a place counts in one area
            balance(
                standard, measure, sites, at_hand if measure == Measure.AREA else own, populated
            )
            for measure in standard.measures
            if measure != Measure.COVERAGE
        ),
    )


def _populated(frame: _Frame, number: int, people: float) -> Populated:
    """Return an area with its people; a total that is known needs no survey of homes."""
    by = frame.people.by
    is_total = by in TOTALS and (number == CITY or by == PeopleFrom.AREAS)
    return Populated(
        ground=frame.grounds[number],
        people=people if frame.people.are_known else None,
        people_are_all=frame.homes_are_all[number] or is_total,
    )


def _where_homes_are_known(homes: Homes, areas: Areas) -> dict[int, bool]:
    known = {number: is_covered(shape, homes.known) for number, shape in enumerate(areas.shapes)}
    return {**known, CITY: all(known.values())}


def _parts(builder: NetworkBuilder) -> dict[Horizon, int]:
    parts = {}
    for horizon in Horizon:
        network = builder.network(Catchment.WALK, horizon)
        parts[horizon] = network.ways.network.component_count() if network else 0
    return parts
