"""The street network: where streets meet, and how far it is along them.

Streets meet where they end together, where one ends on another, and where two cross on the same
level. A bridge or tunnel crosses what is below or above it without meeting it. Its own ends lie on
the ground, but for one that meets a street of its own level: there it goes on at that level.
Lengths are those of the centrelines in the metres of PROJECT_SRID, slopes left out.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix, vstack
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Shapes = NDArray[np.object_]

# Ends drawn this close together are one junction [m]: the tolerance of a hand-drawn street net,
# without legal force; a planner may state another.
TOLERANCE_M = 1.0
# Two cuts of one street this close are one point; also what rounding may add to a distance [m].
ROUNDING_M = 1e-6
GROUND = 0
# Homes are joined to streets square by square of this side [m]; it decides nothing.
ORDERED_BY_M = 100.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Spots:
    """Points on streets: of which street, how far along it, and how far off it [m]."""

    street: Ints
    along_m: Floats
    off_m: Floats

    def __len__(self) -> int:
        return len(self.street)

    def some(self, kept: Mask) -> "Spots":
        """Return those of the spots that are kept."""
        return Spots(street=self.street[kept], along_m=self.along_m[kept], off_m=self.off_m[kept])


class Streets:
    """Centrelines as drawn, each on a level: 0 the ground, above it bridges, below it tunnels."""

    def __init__(self, lines: Shapes, levels: Ints, restricted: Mask | None = None) -> None:
        """Take lines (any line shape); parts become streets, what crosses itself is cut there."""
        parts, origin = shapely.get_parts(shapely.force_2d(lines), return_index=True)
        knotted = ~shapely.is_simple(parts)
        if knotted.any():
            loose, where = shapely.get_parts(shapely.node(parts[knotted]), return_index=True)
            parts = np.concatenate([parts[~knotted], loose])
            origin = np.concatenate([origin[~knotted], origin[knotted][where]])
        kept = shapely.length(parts) > ROUNDING_M
        self.lines: Shapes = parts[kept]
        self.levels: Ints = np.asarray(levels, np.int64)[origin[kept]]
        given = np.zeros(len(levels), np.bool_) if restricted is None else restricted
        self.restricted: Mask = np.asarray(given, np.bool_)[origin[kept]]

    def __len__(self) -> int:
        return len(self.lines)

    @cached_property
    def lengths_m(self) -> Floats:
        """The length of each street [m]."""
        return np.asarray(shapely.length(self.lines), np.float64)

    @cached_property
    def segments(self) -> "Segments":
        """The straight pieces that the streets are made of."""
        return Segments(self.lines)

    def nearest(self, shapes: Shapes) -> Spots:
        """Return where the street nearest to each shape faces the middle of it."""
        middles = shapely.centroid(shapes)
        found = self._nearest_segments(shapes, shapely.get_coordinates(middles))
        pieces = self.segments.shapes[found]
        facing = shapely.line_locate_point(pieces, middles)
        near = shapely.line_interpolate_point(pieces, facing)
        return Spots(
            street=self.segments.street[found],
            along_m=self.segments.before_m[found] + facing,
            off_m=shapely.distance(near, shapes),
        )

    def _nearest_segments(self, shapes: Shapes, middles: Floats) -> Ints:
        # neighbours one after the other: the index is then read in order, three times as fast
        order = np.lexsort((middles[:, 1] // ORDERED_BY_M, middles[:, 0] // ORDERED_BY_M))
        found = np.empty(len(shapes), np.int64)
        found[order] = self.segments.tree.query_nearest(shapes[order], all_matches=False)[1]
        return found

    def beside(self, shapes: Shapes, within_m: float, every_m: float) -> tuple[Ints, Spots]:
        """Return points along all streets that run beside shapes, and of which shape each is."""
        of_shape, found = self.segments.tree.query(shapes, predicate="dwithin", distance=within_m)
        steps = np.maximum(1, np.ceil(self.segments.lengths_m[found] / every_m)).astype(np.int64)
        repeated = np.repeat(np.arange(len(found)), steps + 1)
        first = np.repeat(np.cumsum(steps + 1) - (steps + 1), steps + 1)
        share = (np.arange(len(repeated)) - first) / np.repeat(steps, steps + 1)
        near = shapely.line_interpolate_point(
            self.segments.shapes[found[repeated]], share, normalized=True
        )
        sites = shapes[of_shape[repeated]]
        kept = shapely.distance(near, sites) <= within_m
        segment = found[repeated]
        along = self.segments.before_m[segment] + share * self.segments.lengths_m[segment]
        spots = Spots(
            street=self.segments.street[segment],
            along_m=along,
            off_m=shapely.distance(near, sites),
        )
        return of_shape[repeated][kept].astype(np.int64), spots.some(kept)


class Segments:
    """Straight pieces of streets, in order, with an index of where they lie."""

    def __init__(self, lines: Shapes) -> None:
        """Take simple lines apart."""
        places, street = shapely.get_coordinates(lines, return_index=True)
        follows = street[1:] == street[:-1]
        self.street: Ints = street[:-1][follows].astype(np.int64)
        starts, ends = places[:-1][follows], places[1:][follows]
        self.lengths_m: Floats = np.hypot(*(ends - starts).T)
        reached = np.cumsum(self.lengths_m) - self.lengths_m
        first = np.searchsorted(self.street, np.arange(len(lines)))
        self.before_m: Floats = reached - reached[first][self.street]
        pieces = shapely.linestrings(np.stack([starts, ends], axis=1))
        self.shapes: Shapes = np.asarray(pieces, np.object_)
        self.tree = shapely.STRtree(self.shapes)


class StreetNetwork:
    """Junctions and the stretches of streets between them.

    ``stops`` are points on streets that become junctions of their own; ``stop_nodes`` says which.
    """

    def __init__(self, streets: Streets, stops: Spots, tolerance_m: float = TOLERANCE_M) -> None:
        """Cut the streets where they meet and at the stops."""
        self.streets = streets
        rows, same = cuts(streets, tolerance_m)
        street = np.concatenate([rows[0], stops.street])
        along = np.concatenate([rows[1], stops.along_m])
        # one number for a place on any street: streets laid out one behind the other
        self._base = np.cumsum(streets.lengths_m + 1.0) - (streets.lengths_m + 1.0)
        along = np.clip(along, 0.0, streets.lengths_m[street]) if len(streets) else along
        order = np.lexsort((along, street))
        next_to = _consecutive(street[order], along[order])
        same = np.concatenate([same, np.stack([order[:-1][next_to], order[1:][next_to]], axis=1)])
        self.node_count, labels = _joined(len(street), same)
        self.stop_nodes: Ints = labels[len(rows[0]) :]
        self._along, self._street = along[order], street[order]
        self._places = self._base[self._street] + self._along if len(streets) else np.zeros(0)
        self._nodes = labels[order]
        every = np.ones(len(streets), np.bool_)
        self.graph = self._as_graph(every)

    @cached_property
    def free_graph(self) -> csr_matrix:
        """The network without the streets along which one may not go both ways."""
        return self._as_graph(~self.streets.restricted)

    def _as_graph(self, chosen: Mask) -> csr_matrix:
        follows = (self._street[1:] == self._street[:-1]) & chosen[self._street[1:]]
        lengths = np.diff(self._along)[follows]
        ends = np.stack([self._nodes[:-1][follows], self._nodes[1:][follows]], axis=1)
        apart = ends[:, 0] != ends[:, 1]
        return _shortest_stretches(ends[apart], lengths[apart], self.node_count)

    def distances_m(
        self, nodes: Ints, start_m: Floats, limit_m: float, *, is_free: bool = False
    ) -> Floats:
        """Return how far each junction is from the nearest of these, within a limit; else inf.

        ``start_m`` is added on: the way from the street to the door. ``is_free``: no way leads
        along a restricted street.
        """
        graph = self.free_graph if is_free else self.graph
        if not len(nodes):
            return np.full(self.node_count, np.inf)
        # one more junction, from which one-way stretches lead to all starting points at once
        starts = _shortest_starts(nodes, np.maximum(start_m, ROUNDING_M), self.node_count + 1)
        widened = csr_matrix(
            (graph.data, graph.indices, graph.indptr),
            shape=(self.node_count, self.node_count + 1),
        )
        whole = vstack([widened, starts], format="csr")
        found = dijkstra(whole, indices=self.node_count, limit=limit_m + 2 * ROUNDING_M)
        return np.asarray(found[:-1], np.float64)

    def at(self, spots: Spots, distances_m: Floats) -> Floats:
        """Return how far spots are from where the junctions' distances were measured [m].

        The way from each spot to its street counts; beyond the limit of the distances: inf.
        """
        if not len(self.streets) or not len(spots):
            return np.full(len(spots), np.inf)
        behind, ahead = self._around(spots)
        place = self._base[spots.street] + spots.along_m
        back = distances_m[self._nodes[behind]] + np.abs(place - self._places[behind])
        onward = distances_m[self._nodes[ahead]] + np.abs(self._places[ahead] - place)
        return np.asarray(np.minimum(back, onward) + spots.off_m, np.float64)

    def _around(self, spots: Spots) -> tuple[Ints, Ints]:
        """Return the cuts behind and ahead of spots on their streets."""
        along = np.clip(spots.along_m, 0.0, self.streets.lengths_m[spots.street])
        place = self._base[spots.street] + along
        ahead = np.clip(np.searchsorted(self._places, place), 1, len(self._places) - 1)
        wrong = self._street[ahead - 1] != spots.street  # at the first cut of its street
        behind = np.where(wrong, ahead, ahead - 1)
        return behind, np.where(self._street[ahead] == spots.street, ahead, behind)

    def stretches_on(self, ground: Shapes) -> Mask:
        """Return which stretches (from each cut to the next) touch one of these shapes."""
        segments = self.streets.segments
        found = np.unique(segments.tree.query(ground, "intersects")[1])
        start = self._base[segments.street[found]] + segments.before_m[found]
        end = start + segments.lengths_m[found]
        # +1 where a touched segment begins, -1 behind its end: what sums to more is touched
        steps = np.zeros(len(self._places) + 1, np.int64)
        np.add.at(steps, np.searchsorted(self._places, start + ROUNDING_M) - 1, 1)
        np.add.at(steps, np.searchsorted(self._places, end - ROUNDING_M), -1)
        return np.asarray(np.cumsum(steps)[:-1] > 0, np.bool_)

    def ends_of(self, stretches: Mask) -> Ints:
        """Return the junctions at both ends of these stretches."""
        first = np.flatnonzero(stretches)
        both = np.concatenate([first, np.minimum(first + 1, len(self._nodes) - 1)])
        return np.asarray(np.unique(self._nodes[both]), np.int64)

    def lie_on(self, spots: Spots, stretches: Mask) -> Mask:
        """Return which spots lie on one of these stretches, its ends included."""
        behind, ahead = self._around(spots)
        return np.asarray(stretches[behind] | stretches[ahead - 1] | stretches[ahead], np.bool_)

    def component_count(self) -> int:
        """Return into how many parts, not joined by any street, the network falls."""
        return int(connected_components(self.graph, directed=False)[0]) if self.node_count else 0


def _shortest_stretches(ends: Ints, lengths: Floats, count: int) -> csr_matrix:
    """Return the network as a matrix, both ways; of several stretches between two the shortest."""
    low, high = ends.min(axis=1), ends.max(axis=1)
    order = np.lexsort((lengths, high, low))
    low, high, lengths = low[order], high[order], lengths[order]
    first = np.ones(len(low), np.bool_)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    low, high, lengths = low[first], high[first], lengths[first]
    both = (np.concatenate([low, high]), np.concatenate([high, low]))
    return coo_matrix((np.tile(lengths, 2), both), shape=(count, count)).tocsr()


def _shortest_starts(nodes: Ints, start_m: Floats, count: int) -> csr_matrix:
    """Return one row of a matrix that leads to each of these junctions the shortest way."""
    order = np.lexsort((start_m, nodes))
    nodes, start_m = nodes[order], start_m[order]
    first = np.ones(len(nodes), np.bool_)
    first[1:] = nodes[1:] != nodes[:-1]
    nodes, start_m = nodes[first], start_m[first]
    return csr_matrix((start_m, nodes, np.array([0, len(nodes)])), shape=(1, count))


def _joined(count: int, same: Ints) -> tuple[int, Ints]:
    """Return how many junctions the cuts are, and of which each is."""
    if not count:
        return 0, np.zeros(0, np.int64)
    pairs = coo_matrix((np.ones(len(same)), (same[:, 0], same[:, 1])), shape=(count, count))
    number, labels = connected_components(pairs, directed=False)
    return int(number), labels.astype(np.int64)


def _consecutive(street: Ints, along: Floats) -> Mask:
    """Return which cuts are the same point as the one after them."""
    return np.asarray((street[1:] == street[:-1]) & (np.diff(along) <= ROUNDING_M), np.bool_)


def cuts(streets: Streets, tolerance_m: float) -> tuple[tuple[Ints, Floats], Ints]:
    """Return the places (street, how far along) where streets meet, and which are the same."""
    count = len(streets)
    first, last = shapely.get_point(streets.lines, 0), shapely.get_point(streets.lines, -1)
    ends = np.concatenate([first, last])
    street = np.tile(np.arange(count, dtype=np.int64), 2)
    along = np.concatenate([np.zeros(count), streets.lengths_m])
    same: list[Any] = [np.zeros((0, 2), np.int64)]
    if not count:
        return (street, along), same[0]
    beside = EndsBeside(streets, ends, tolerance_m)
    index = cKDTree(shapely.get_coordinates(ends))
    same.append(beside.joined(index.query_pairs(tolerance_m, output_type="ndarray")))
    for met_street, met_along, partner in (
        beside.on_streets(),
        _crossings(streets),
    ):
        rows = len(street) + np.arange(len(met_street))
        # a partner is the row of an end, or (negative) one of the rows that follow here
        partners = np.where(partner >= 0, partner, len(street) - 1 - partner)
        same.append(np.stack([rows, partners], axis=1))
        street = np.concatenate([street, met_street])
        along = np.concatenate([along, met_along])
    return (street, along), np.concatenate(same).astype(np.int64)


class EndsBeside:
    """Ends of streets beside other streets, and which of them lie on their level alone."""

    def __init__(self, streets: Streets, ends: Shapes, tolerance_m: float) -> None:
        """Look for the streets beside each end: first all starts of streets, then all ends."""
        count = len(streets)
        end, segment = streets.segments.tree.query(ends, predicate="dwithin", distance=tolerance_m)
        target, own = streets.segments.street[segment], end % count
        along = streets.segments.before_m[segment] + shapely.line_locate_point(
            streets.segments.shapes[segment], ends[end]
        )
        own_along = np.where(end < count, 0.0, streets.lengths_m[own])
        is_other = (target != own) | (np.abs(along - own_along) > 2 * tolerance_m)
        self._end: Ints = end[is_other].astype(np.int64)
        self._target, self._along = target[is_other], along[is_other]
        self._levels = np.tile(streets.levels, 2)
        self._target_levels = streets.levels[self._target]
        # a bridge drawn in pieces goes on where they meet: it does not come down there
        goes_on = self._levels[self._end] == self._target_levels
        self._stays: Mask = np.zeros(2 * count, np.bool_)
        self._stays[self._end[goes_on]] = True
        self._stays &= self._levels != GROUND

    def joined(self, pairs: Ints) -> Ints:
        """Return the pairs of ends that are one junction, of those drawn close together."""
        one, two = pairs.T
        free = ~self._stays[one] & ~self._stays[two]
        return np.asarray(pairs[free | (self._levels[one] == self._levels[two])], np.int64)

    def on_streets(self) -> tuple[Ints, Floats, Ints]:
        """Return where ends lie on other streets (street, how far along), and the row of the end.

        A bridge comes down to the ground at its ends; a street below it does not rise to it.
        """
        own = self._levels[self._end]
        comes_down = (self._target_levels == GROUND) & ~self._stays[self._end]
        kept = comes_down | (self._target_levels == own)
        return self._target[kept], self._along[kept], self._end[kept]


def _crossings(streets: Streets) -> tuple[Ints, Floats, Ints]:
    """Return where streets of one level cross; rows come in pairs that are the same place."""
    segments = streets.segments
    one, two = segments.tree.query(segments.shapes, predicate="intersects")
    of_one, of_two = segments.street[one], segments.street[two]
    kept = (of_one < of_two) & (streets.levels[of_one] == streets.levels[of_two])
    one, two = one[kept], two[kept]
    met = shapely.intersection(segments.shapes[one], segments.shapes[two])
    points, pair = shapely.get_coordinates(met, return_index=True)  # of a shared stretch both ends
    places = shapely.points(points)
    street, along = [], []
    for side in (one[pair], two[pair]):
        street.append(segments.street[side])
        at_m = shapely.line_locate_point(segments.shapes[side], places)
        along.append(segments.before_m[side] + at_m)
    number = len(pair)
    # row i of the first half is the same place as row i of the second: told as -1 - its place
    partner = -1 - np.concatenate([number + np.arange(number), np.arange(number)])
    return np.concatenate(street), np.concatenate(along), partner.astype(np.int64)
