"""Ground beside areas that none covers: strips between neighbours, and what must be covered.

Strips are found as morphological closing finds them: the covered ground is widened by half the
reach and narrowed again; what is covered then and was not before is a strip narrower than the
reach (Serra 1982, Image Analysis and Mathematical Morphology, ch. II). Mitred corners leave the
corners of a block as they are: only narrow places close.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers.crs import Extent
from layers.topology.areas import Areas, Strip, polygons_in

# How far a mitred corner reaches, in widths (GEOS's limit): an area has a say so far away.
MITRE_LIMIT = 5.0
_SAME_PLACE_M = 1e-6
_SAME_AREA_M2 = 1e-4


@dataclass(frozen=True, kw_only=True, slots=True)
class Bare:
    """What counts as a gap."""

    tolerance_m: float  # a gap holds a disc so wide
    reach_m: float = 0.0  # strips up to so wide between areas; 0: none are looked for
    must_cover: BaseGeometry | None = None  # ground that areas must cover

    @property
    def margin_m(self) -> float:
        """How far an area has a say [m]."""
        return max(MITRE_LIMIT * self.reach_m, 10 * self.tolerance_m)


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap, and one of the areas beside it (empty where none is near)."""

    stable_id: str
    is_required: bool  # within the ground that areas must cover
    ground: BaseGeometry
    core: BaseGeometry  # the ground without a rim of half the tolerance

    @property
    def area_m2(self) -> float:
        """How much ground [m2]."""
        return float(self.ground.area)


@dataclass(frozen=True, slots=True)
class Piece:
    """A gap as far as it lies in one strip."""

    is_required: bool
    shape: BaseGeometry
    beside: str
    is_cut: bool  # it may go on in the next strip


def pieces_in(strip: Strip, bare: Bare, extent: Extent) -> Iterator[Piece]:
    """Yield the gaps in the ground of a strip."""
    if not strip.west < strip.east:
        return
    ground = shapely.box(strip.west, extent[1], strip.east, extent[3])
    near = _near(strip, bare.margin_m)
    cover = joined_ground(_clipped(near.shapes, strip, bare.margin_m, extent))
    for is_required, bared in _bare_ground(cover, ground, bare):
        parts = polygons_in(shapely.intersection(bared, ground))
        edges = shapely.bounds(parts)[:, [0, 2]].reshape(-1, 2)
        is_cut = (np.abs(edges - [strip.west, strip.east]) < _SAME_PLACE_M).any(axis=1)
        # of a gap cut in two one side holds half of its disc, and in that a disc half as wide
        width_m = np.where(is_cut, bare.tolerance_m / 2.5, bare.tolerance_m)
        wide = ~shapely.is_empty(shapely.buffer(parts, -width_m / 2))
        beside = _beside(parts[wide], near, bare.tolerance_m)
        for shape, name, cut in zip(parts[wide], beside, is_cut[wide], strict=True):
            yield Piece(is_required, shape, name, bool(cut))


def joined_ground(shapes: NDArray[Any]) -> BaseGeometry:
    """Return the union of polygons; a third of the time where neighbours share exact borders."""
    is_faulty = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    sound = shapes[~is_faulty]
    try:
        whole = shapely.coverage_union_all(sound)
    except shapely.errors.GEOSException:
        return shapely.union_all(shapes)
    lost_m2 = abs(float(shapely.area(sound).sum()) - whole.area)
    if lost_m2 > _SAME_AREA_M2 or not whole.is_valid:
        return shapely.union_all(shapes)
    return shapely.union_all([whole, *shapes[is_faulty]])


def joined(pieces: Iterable[Piece], tolerance_m: float) -> list[Gap]:
    """Return whole gaps: what strips cut is put together again."""
    found, cut = [], []
    for piece in pieces:
        if piece.is_cut:
            cut.append(piece)
        else:
            found.append(_gap(piece.is_required, piece.shape, [piece.beside], tolerance_m))
    for is_required in (True, False):
        halves = [piece for piece in cut if piece.is_required == is_required]
        tree = shapely.STRtree([piece.shape for piece in halves])
        for whole in polygons_in(shapely.union_all([piece.shape for piece in halves])):
            names = [halves[n].beside for n in tree.query(whole, predicate="intersects")]
            found.append(_gap(is_required, whole, names, tolerance_m))
    return [gap for gap in found if not gap.core.is_empty]


def _gap(is_required: bool, shape: BaseGeometry, names: list[str], tolerance_m: float) -> Gap:  # noqa: FBT001 - one of the two kinds
    known = [name for name in names if name]
    core = shapely.buffer(shape, -tolerance_m / 2)
    return Gap(min(known, default=""), is_required, shape, core)


def _near(strip: Strip, margin_m: float) -> Areas:
    bounds = shapely.bounds(strip.areas.shapes).reshape(-1, 4)
    reaches = (bounds[:, 2] >= strip.west - margin_m) & (bounds[:, 0] <= strip.east + margin_m)
    return strip.areas.only(reaches)


def _clipped(shapes: NDArray[Any], strip: Strip, margin_m: float, extent: Extent) -> NDArray[Any]:
    """Cut areas that go far beyond the strip, so that a river is not joined anew in each."""
    west, east = strip.west - margin_m, strip.east + margin_m
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    goes_on = (bounds[:, 0] < west) | (bounds[:, 2] > east)
    around = shapely.box(west, extent[1] - margin_m, east, extent[3] + margin_m)
    cut = polygons_in(shapely.intersection(shapes[goes_on], around))
    return np.concatenate([shapes[~goes_on], cut])


def _bare_ground(
    cover: BaseGeometry, ground: BaseGeometry, bare: Bare
) -> Iterator[tuple[bool, BaseGeometry]]:
    if bare.must_cover is not None:
        yield True, shapely.difference(shapely.intersection(bare.must_cover, ground), cover)
    if bare.reach_m > 0:
        closed = shapely.buffer(
            shapely.buffer(cover, bare.reach_m / 2, join_style="mitre", mitre_limit=MITRE_LIMIT),
            -bare.reach_m / 2,
            join_style="mitre",
            mitre_limit=MITRE_LIMIT,
        )
        strips = shapely.difference(closed, cover)
        if bare.must_cover is not None:
            strips = shapely.difference(strips, bare.must_cover)
        yield False, strips


def _beside(parts: NDArray[Any], near: Areas, tolerance_m: float) -> list[str]:
    """Return for each piece the first by name of the areas beside it."""
    order = np.argsort(near.names.astype(str), kind="stable")
    place = np.empty(len(order), int)
    place[order] = np.arange(len(order))
    best = np.full(len(parts), len(order))
    if len(near) and len(parts):
        tree = shapely.STRtree(near.shapes)
        piece, area = tree.query(parts, predicate="dwithin", distance=tolerance_m)
        np.minimum.at(best, piece, place[area])
    return [str(near.names[order[n]]) if n < len(order) else "" for n in best]
