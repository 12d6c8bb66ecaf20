"""Invalid outlines: repaired so that the area a planner drew stays, or refused with the reason."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from layers.ingest.confined.killable import computed
from layers.ingest.vocab import ImportText, Sentence

# Repair costs memory by crossings, not by corners: 2,000 corners drawn at random cross some
# 250,000 times and took 1 GB (shapely 2.2, GEOS 3.14, measured). Real outlines cross a few times.
MAX_CROSSINGS = 20_000
# A tangle of 20,000 edges is found out by the first of them, in megabytes.
_SEGMENTS_AT_ONCE = 100
# 500 corners in a zigzag were repaired in a second at most, whichever way (measured).
KILLABLE_FROM_VERTICES = 500
REPAIR_S = 10
REPAIR_BYTES = 1024**3


@dataclass(frozen=True, slots=True)
class Repair:
    """A repaired outline and what was done, or None and why not."""

    shape: BaseGeometry | None
    told: Sentence


def repaired(shape: BaseGeometry) -> Repair:
    """Repair an invalid outline keeping its dimension (GEOS "structure" method).

    Never the "linework" method: it cannot be interrupted and its time explodes on zigzags, and it
    turns the overlap of two lobes into a hole. What collapses to a line or point is refused.
    """
    reason = shapely.is_valid_reason(shape)
    if has_too_many_crossings(shape):
        return Repair(None, Sentence(ImportText.TANGLED, {"reason": reason, "most": MAX_CROSSINGS}))
    valid = _made_valid(shape)
    if valid is None:
        most = {"seconds": REPAIR_S, "gb": REPAIR_BYTES // 1024**3}
        return Repair(None, Sentence(ImportText.TOO_LONG, {"reason": reason, **most}))
    same = _parts_of_dimension(valid, int(shapely.get_dimensions(shape)))
    if same is None or not shapely.is_valid(same):
        return Repair(None, Sentence(ImportText.NOTHING_LEFT, {"reason": reason}))
    areas = {"before": float(shapely.area(shape)), "after": float(shapely.area(same))}
    return Repair(same, Sentence(ImportText.REPAIRED, {"reason": reason, **areas}))


def _made_valid(shape: BaseGeometry) -> BaseGeometry | None:
    """Return a valid shape; large ones are computed in a process that can be killed."""

    def work() -> BaseGeometry:
        return shapely.make_valid(shape, method="structure", keep_collapsed=False)

    if shapely.get_num_coordinates(shape) < KILLABLE_FROM_VERTICES:
        return work()
    made = computed(
        lambda: bytes(shapely.to_wkb(work())), seconds=REPAIR_S, memory_bytes=REPAIR_BYTES
    )
    return None if made is None else shapely.from_wkb(made)


def has_too_many_crossings(shape: BaseGeometry) -> bool:
    """Tell whether more pairs of edges overlap (by their boxes) than repair may cost."""
    edges = _edges(shape)
    tree = shapely.STRtree(edges)
    pairs = 0
    for start in range(0, len(edges), _SEGMENTS_AT_ONCE):
        part = edges[start : start + _SEGMENTS_AT_ONCE]
        found = tree.query(part)
        apart = np.abs(found[0] + start - found[1]) > 1  # an edge and its neighbours always meet
        pairs += int(np.count_nonzero(apart))
        if pairs > 2 * MAX_CROSSINGS:  # each pair is found from both sides
            return True
    return False


def _edges(shape: BaseGeometry) -> np.ndarray:
    rings = shapely.get_parts(
        shapely.boundary(shape) if shape.geom_type.endswith("Polygon") else shape
    )
    lines = []
    for ring in rings:
        corners = shapely.get_coordinates(ring)
        lines.append(np.stack([corners[:-1], corners[1:]], axis=1))
    return np.asarray(shapely.linestrings(np.concatenate(lines)), dtype=object)


def _parts_of_dimension(shape: BaseGeometry, dimension: int) -> BaseGeometry | None:
    """Return the parts of one dimension as one shape, None when there are none."""
    parts = shapely.get_parts(shape)
    is_same = (shapely.get_dimensions(parts) == dimension) & ~shapely.is_empty(parts)
    same: list[Any] = list(parts[is_same])
    return as_multiple(same, dimension) if len(same) > 1 else next(iter(same), None)


def as_multiple(parts: list[Any], dimension: int) -> BaseGeometry:
    """Return points (dimension 0), lines (1) or areas (2) as one shape of several parts."""
    multiple: dict[int, Callable[[list[Any]], BaseGeometry]] = {
        0: shapely.MultiPoint,
        1: shapely.MultiLineString,
        2: shapely.MultiPolygon,
    }
    return multiple[dimension](parts)
