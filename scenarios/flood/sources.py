"""Water that enters single cells: inflows, and cells held at a level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.flood.kernels import compiled

if TYPE_CHECKING:
    from scenarios.flood.state import Array


@compiled
def add_depth(depth: Array, carry: Array, cells: Array, gained: float) -> None:
    """Add a depth [m] to cells given by flat index, in place, with compensated rounding.

    The sum is formed in double precision; what the state cannot hold goes into ``carry``.
    """
    flat_depth, flat_carry = depth.ravel(), carry.ravel()
    for cell in cells:
        exact = np.float64(flat_depth[cell]) + np.float64(flat_carry[cell]) + gained
        flat_depth[cell] = exact
        flat_carry[cell] = exact - np.float64(flat_depth[cell])


@compiled
def hold_level(
    depth: Array, carry: Array, bed: Array, cells: Array, level: float
) -> tuple[float, float]:
    """Set cells to a water level [m above the run's datum], in place; dry where the bed is higher.

    Returns the depth added over all cells [m] (negative: taken) and the greatest depth [m].
    """
    flat_depth, flat_carry, flat_bed = depth.ravel(), carry.ravel(), bed.ravel()
    added = 0.0
    deepest = 0.0
    for cell in cells:
        before = np.float64(flat_depth[cell]) + np.float64(flat_carry[cell])
        flat_depth[cell] = max(level - np.float64(flat_bed[cell]), 0.0)
        flat_carry[cell] = 0.0
        after = np.float64(flat_depth[cell])
        added += after - before
        deepest = max(deepest, after)
    return added, deepest
