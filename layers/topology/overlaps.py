"""Where two areas lie over each other."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from layers.topology.areas import Areas, Strip, polygons_in

# A file may stack all its areas on one place: pairs are looked for and cut in portions.
ASKED_AT_ONCE = 100
PAIRS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class Overlap:
    """Ground that two areas share and that holds a disc as wide as the tolerance."""

    stable_id: str
    other: str
    ground: BaseGeometry
    core: BaseGeometry  # the ground without a rim of half the tolerance
    is_other_marked: bool

    @property
    def area_m2(self) -> float:
        """How much ground [m2]."""
        return float(self.ground.area)


def overlaps_in(strip: Strip, tolerance_m: float) -> Iterator[Overlap]:
    """Yield the overlaps between the new areas of a strip and all of it; one of two is marked."""
    known = strip.areas
    tree = shapely.STRtree(known.shapes)
    for start in range(strip.first_new, len(known), ASKED_AT_ONCE):
        one, other = tree.query(known.shapes[start : start + ASKED_AT_ONCE])
        one = one + start
        asked = (other < one) & (known.marked[one] | known.marked[other])
        one, other = one[asked], other[asked]
        for begin in range(0, len(one), PAIRS_AT_ONCE):
            portion = slice(begin, begin + PAIRS_AT_ONCE)
            yield from _shared(known, one[portion], other[portion], tolerance_m)


def _shared(
    known: Areas, one: NDArray[Any], other: NDArray[Any], tolerance_m: float
) -> Iterator[Overlap]:
    """Yield what pairs share; borders that only touch are told apart before anything is cut."""
    points = shapely.get_num_coordinates(known.shapes)
    larger = np.where(points[one] >= points[other], one, other)
    smaller = one + other - larger
    shapes = known.shapes[larger], known.shapes[smaller]
    shapely.prepare(shapes[0])  # a large area is compared with many small ones
    is_shared = shapely.intersects(*shapes) & ~shapely.touches(*shapes)
    for a, b in zip(larger[is_shared], smaller[is_shared], strict=True):
        parts = polygons_in(shapely.intersection(known.shapes[a], known.shapes[b]))
        ground = shapely.MultiPolygon(list(parts))
        core = ground.buffer(-tolerance_m / 2)
        if not core.is_empty:
            yield _named(known, a, b, ground, core)


def _named(known: Areas, a: int, b: int, ground: BaseGeometry, core: BaseGeometry) -> Overlap:
    """Name first the one that is asked about; of two alike the one whose name comes first."""
    first, second = sorted((a, b), key=lambda n: (not known.marked[n], known.names[n]))
    return Overlap(
        str(known.names[first]),
        str(known.names[second]),
        ground,
        core,
        bool(known.marked[second]),
    )
