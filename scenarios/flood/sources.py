"""Water that enters single cells: inflows, and cells held at a level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from scenarios.flood.kernels import compiled

if TYPE_CHECKING:
    from scenarios.flood.state import Array


@compiled
def owe_depth(carry: Array, cells: Array, gained: float) -> None:
    """Owe a depth [m] to cells given by flat index, in place.

    The step under way adds it to their depth together with its net inflow, so the flow of this
    step does not see it yet and the time step, chosen from the depth after it, holds.
    """
    flat = carry.ravel()
    for cell in cells:
        flat[cell] += gained


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
