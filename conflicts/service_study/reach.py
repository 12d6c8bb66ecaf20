"""Who is within reach of a service: served, not served, or nobody can tell.

*Served*: a known way along known streets is short enough; a street or service nobody recorded can
only shorten it. By car the way is free both ways: one that needs a restricted street is in doubt.
*Not served* is said only where nothing unrecorded can help: a way through ground that was not
surveyed, for the service or for streets, would be too long as well; or the place lies farther than
the limit in a straight line, in ground all surveyed. All else cannot be told.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from conflicts.service_study.streets import (
    ROUNDING_M,
    Floats,
    Ints,
    Mask,
    Shapes,
    Spots,
    StreetNetwork,
)
from conflicts.service_study.vocab import Along, Doubt, Reach

# Segments of a quarter circle, so that the ground within a distance of an edge is cut off exactly
# to 0.02 percent of it.
QUARTER = 64
NOWHERE = shapely.Polygon()


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where a service is: its sites, those that may be one, and where all of them are known.

    ``head_start_m`` is by how much a site serves less far than the farthest-reaching one.
    """

    sites: Shapes
    is_sure: Mask
    head_start_m: Floats
    known: BaseGeometry  # ground in which there is no other site

    def some(self, kept: Mask) -> "Places":
        """Return those of the sites that are kept."""
        return Places(
            sites=self.sites[kept],
            is_sure=self.is_sure[kept],
            head_start_m=self.head_start_m[kept],
            known=self.known,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Entrances:
    """Where the sites of a service meet the streets: junction, way to the door [m], which site."""

    nodes: Ints
    off_m: Floats
    of_site: Ints


@dataclass(frozen=True, kw_only=True, slots=True)
class Ways:
    """The streets people use, where each home meets them, and where all streets are known."""

    network: StreetNetwork
    homes: Spots
    known: BaseGeometry
    access_m: float  # farther off the streets nobody can say how a door is reached


@dataclass(frozen=True, kw_only=True, slots=True)
class Reached:
    """For each home whether it is served, why that cannot be told, and how far the service is."""

    reach: NDArray[np.int8]  # the place of the value in Reach
    doubt: NDArray[np.int8]  # the place of the value in Doubt, -1: none
    distance_m: Floats  # along the streets or, without any, in a straight line; inf: too far
    along: Along

    def are(self, reach: Reach) -> Mask:
        """Return which homes are served, not served, or untold."""
        return np.asarray(self.reach == list(Reach).index(reach), np.bool_)


def deep_within(ground: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Return the part of a ground that lies at least so far inside it."""
    if ground.is_empty:
        return NOWHERE
    # arcs are drawn by chords: a little more is cut off, never less
    over = distance_m / np.cos(np.pi / (4 * QUARTER))
    inner: BaseGeometry = ground.buffer(-over, quad_segs=QUARTER)
    return inner


def holds(ground: BaseGeometry, places: Floats) -> Mask:
    """Return which places (x, y) lie in a ground."""
    if ground.is_empty:
        return np.zeros(len(places), np.bool_)
    shapely.prepare(ground)
    return np.asarray(shapely.contains_xy(ground, places[:, 0], places[:, 1]), np.bool_)


def straight_m(homes: Floats, places: Places, limit_m: float) -> Floats:
    """Return the straight way to the nearest site, head starts added; beyond the limit inf."""
    found = np.full(len(homes), np.inf)
    points = shapely.points(homes)
    for start_m in np.unique(places.head_start_m):
        near, distance = shapely.STRtree(
            places.sites[places.head_start_m == start_m]
        ).query_nearest(
            points,
            max_distance=limit_m - start_m + ROUNDING_M,
            return_distance=True,
            all_matches=False,
        )
        found[near[0]] = np.minimum(found[near[0]], distance + start_m)
    return found


def reached_straight(homes: Floats, places: Places, limit_m: float) -> Reached:
    """Judge by straight lines, where there is no street network at all."""
    distance = straight_m(homes, places.some(places.is_sure), limit_m)
    possible = straight_m(homes, places, limit_m)
    served = _within(distance, limit_m)
    all_known = holds(deep_within(places.known, limit_m), homes)
    not_served = ~_within(possible, limit_m) & all_known
    doubt = np.where(all_known, Doubt.SERVICE_UNSURE.value, Doubt.SERVICE_NOT_SURVEYED.value)
    return _told(served, not_served, doubt, distance, Along.STRAIGHT_LINE)


def reached(
    homes: Floats, places: Places, entrances: Entrances, ways: Ways, limit_m: float
) -> Reached:
    """Judge by the ways along the streets."""
    sure = places.is_sure[entrances.of_site]
    shortest = _way_m(ways, entrances, places, sure, limit_m)
    distance = _free_way_m(ways, entrances, places, limit_m, shortest)
    on_street = ways.homes.off_m <= ways.access_m
    served = on_street & _within(distance, limit_m)
    possible = shortest
    if not places.is_sure.all():
        possible = _way_m(ways, entrances, places, np.ones(len(sure), np.bool_), limit_m)
    all_known = holds(deep_within(places.known, limit_m), homes)
    straight = np.full(len(homes), np.inf)
    straight[~served] = straight_m(homes[~served], places, limit_m)
    by_line = all_known & ~_within(straight, limit_m)
    by_way = (
        on_street
        & ~_within(possible, limit_m)
        & _nothing_unseen(homes, places, ways, limit_m)
        & ~_near_off_street(homes, places, entrances, limit_m)
    )
    not_served = ~served & (by_line | by_way)
    doubt = np.select(
        [~on_street, _within(shortest, limit_m), _within(possible, limit_m), ~all_known],
        [
            Doubt.OFF_STREET.value,
            Doubt.STREET_RESTRICTED.value,
            Doubt.SERVICE_UNSURE.value,
            Doubt.SERVICE_NOT_SURVEYED.value,
        ],
        Doubt.STREETS_NOT_SURVEYED.value,
    )
    return _told(served, not_served, doubt, distance, Along.STREETS)


def _way_m(
    ways: Ways, entrances: Entrances, places: Places, chosen: Mask, limit_m: float
) -> Floats:
    start = entrances.off_m + places.head_start_m[entrances.of_site]
    at_nodes = ways.network.distances_m(entrances.nodes[chosen], start[chosen], limit_m)
    return ways.network.at(ways.homes, at_nodes)


def _free_way_m(
    ways: Ways, entrances: Entrances, places: Places, limit_m: float, shortest: Floats
) -> Floats:
    """Return the way to the nearest sure site along streets that may be used both ways.

    From a home on a restricted street there is none, nor to a site entered from one.
    """
    restricted = ways.network.streets.restricted
    if not restricted.any():
        return shortest
    sure = places.is_sure[entrances.of_site]
    start = entrances.off_m + places.head_start_m[entrances.of_site]
    at_nodes = ways.network.distances_m(entrances.nodes[sure], start[sure], limit_m, is_free=True)
    free = ways.network.at(ways.homes, at_nodes)
    return np.where(restricted[ways.homes.street], np.inf, free)


def _nothing_unseen(homes: Floats, places: Places, ways: Ways, limit_m: float) -> Mask:
    """Return the homes from which no way short enough leads into ground not surveyed.

    A place or street nobody recorded lies in such ground; whoever walks there passes its rim, or
    a street within ``access_m`` of it, from which its door may be reached.
    """
    inner = deep_within(places.known.intersection(ways.known), ways.access_m)
    around = shapely.box(*shapely.total_bounds(ways.network.streets.lines)).buffer(1.0)
    rim = ways.network.stretches_on(np.array([around.difference(inner)], np.object_))
    frontier = ways.network.ends_of(rim)
    at_nodes = ways.network.distances_m(frontier, np.zeros(len(frontier)), limit_m)
    near = _within(ways.network.at(ways.homes, at_nodes), limit_m)
    # no unrecorded street runs nearer to the home than the one it was taken to be on
    is_inside = holds(inner, homes)
    return np.asarray(is_inside & ~near & ~ways.network.lie_on(ways.homes, rim), np.bool_)


def _near_off_street(homes: Floats, places: Places, entrances: Entrances, limit_m: float) -> Mask:
    """Return the homes that may reach a site which itself lies off the streets."""
    off_street = np.ones(len(places.sites), np.bool_)
    off_street[entrances.of_site] = False
    return _within(straight_m(homes, places.some(off_street), limit_m), limit_m)


def _within(distance_m: Floats, limit_m: float) -> Mask:
    return np.asarray(distance_m <= limit_m + 3 * ROUNDING_M, np.bool_)


def _told(
    served: Mask, not_served: Mask, doubt: NDArray[np.str_], distance: Floats, along: Along
) -> Reached:
    names = list(Reach)
    reach = np.full(len(served), names.index(Reach.CANNOT_TELL), np.int8)
    reach[not_served] = names.index(Reach.NOT_SERVED)
    reach[served] = names.index(Reach.SERVED)
    numbers = np.full(len(served), -1, np.int8)
    untold = ~served & ~not_served
    for number, name in enumerate(Doubt):
        numbers[untold & (doubt == name.value)] = number
    return Reached(reach=reach, doubt=numbers, distance_m=distance, along=along)
