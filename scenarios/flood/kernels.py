# ruff: noqa: PLR0917 - kernels take what they need
"""The numerical core: local-inertial shallow water on a square grid, one time step per call.

Arrays are (rows, cols), row 0 in the north; ``state.py`` names them and their units. Kernels
never raise or print: ``simulate.py`` checks the input before and the balance after.

Why the loops look as they do: a loop writes one array and has no branch, so the compiler makes
vector code of it; indices are unsigned because Numba's test for a negative index prevents that;
constants come in :class:`Coefficients` because a bare ``0.5`` would lift single precision to
double; ``h^(-7/3)`` starts from an exponent-bit guess because the library's power function takes
one number at a time. All is in one file because Numba's cache sees no change in another.

References
----------
Bates, Horritt & Fewtrell (2010), J. Hydrol. 387, eq. 11. https://doi.org/10.1016/j.jhydrol.2010.03.027
de Almeida et al. (2012), Water Resour. Res. 48, W05528 (theta). https://doi.org/10.1029/2011WR011570
de Almeida & Bates (2013), Water Resour. Res. 49, 4833. https://doi.org/10.1002/wrcr.20366
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from scenarios.flood.state import (
        Array,
        Bits,
        Coefficients,
        Flow,
        Ground,
        Peaks,
        Real,
        RootGuess,
        Scratch,
        Water,
    )

    type Span = tuple[int, int]  # columns: first, end

ONE = np.uintp(1)

# No fast-math flag at all: every operation is the IEEE one, so a run gives the same bits on every
# machine, and the mirror image of a terrain gives the mirror image of the flood. Vector code does
# not need the flags here, because no loop sums up.
compiled = njit(cache=True, error_model="numpy", nogil=True)


@compiled
def inverse_cube_roots(scratch: Scratch, span: Span, root: RootGuess, c: Coefficients) -> None:
    """Fill ``inverse_root`` with ``face_depth ** (-1/3)`` [m-1/3].

    Dividing a float by -3 in the exponent is dividing its bit pattern by -3 and adding a
    constant; the guess is within 4 % and each round ``y (14 - 7 k + 2 k²) / 9``, ``k = x y³``,
    cubes the error. A third is 1/4 + 1/16 + 1/64 + …, which needs no division.
    """
    x, y = scratch.face_depth, scratch.inverse_root
    bits, guess = scratch.face_depth_bits, scratch.inverse_root_bits
    magic, rounds = root
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        third = (bits[j] >> np.uint32(2)) + (bits[j] >> np.uint32(4))
        third += third >> np.uint32(4)
        third += third >> np.uint32(8)
        third += third >> np.uint32(16)
        guess[j] = magic - third
    for _ in range(rounds):
        for j in range(np.uintp(span[0]), np.uintp(span[1])):
            k = x[j] * y[j] * y[j] * y[j]
            y[j] = y[j] * (c.polish_0 - k * (c.polish_1 - c.polish_2 * k))


@compiled
def face_depths_x(out: Array, depth: Array, bed: Array, row: int, span: Span, dry: Real) -> None:
    """Depth above the sill of each west-east face of a row, at least ``dry`` [m].

    ``max(surface) - max(bed)``, in a form that keeps full precision on high ground.
    """
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        west, east = bed[i, j - ONE], bed[i, j]
        sill = max(west, east)
        above = max(depth[i, j - ONE] + (west - sill), depth[i, j] + (east - sill))
        out[j] = max(above, dry)


@compiled
def face_depths_y(out: Array, depth: Array, bed: Array, row: int, span: Span, dry: Real) -> None:
    """Depth above the sill of each face between ``row - 1`` and ``row``, at least ``dry`` [m]."""
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        north, south = bed[i - ONE, j], bed[i, j]
        sill = max(north, south)
        above = max(depth[i - ONE, j] + (north - sill), depth[i, j] + (south - sill))
        out[j] = max(above, dry)


@compiled
def discharge(
    own: Real, beside: Real, across: Real, rise: Real, n: Real, h: Real, y: Real, c: Coefficients
) -> Real:
    """Advance the discharge through one face by one time step [m2 s-1].

    ::

        q_new = (q + w (q_- - 2 q + q_+) - g h dt dη/dx) / (1 + g dt n² |q| / h^(7/3))

    with ``w = (1 - theta)/2`` at the Courant number theta is quoted for, and in proportion to
    the local Courant number below it (``stepping.py`` says why). Friction is taken at the new
    time level, so it can slow the flow but not reverse it, and against the whole vector:
    ``|q|² = q² + (mean of the four faces across)²``. The speed ``q / h`` is held within
    ``speed_cap``.

    Parameters
    ----------
    own, beside, across : [m2 s-1]
        Discharge of this face; sum of its two neighbours along the flow; sum of the four
        faces across it.
    rise : [m]
        Surface level after the face minus that before it.
    n : [s m-1/3]
        Sum of Manning's n of the two cells.
    h, y : [m], [m-1/3]
        Depth above the sill and its inverse cube root.
    """
    mean_across = c.half * c.half * across
    magnitude = np.sqrt(own * own + mean_across * mean_across)
    mean_n = c.half * n
    y2 = y * y
    slowed = c.one + c.g_dt * mean_n * mean_n * magnitude * (y2 * y2 * y2 * y)
    spread = c.beside * np.sqrt(h) * (beside - own - own)
    pushed = own + spread - c.g_dt_dx * h * rise
    cap = c.speed_cap * h
    q = max(-cap, min(cap, pushed / slowed))
    return q if h > c.dry else c.zero


@compiled
def advance_discharge_x(
    new: Array,
    flow: Flow,
    depth: Array,
    ground: Ground,
    s: Scratch,
    row: int,
    span: Span,
    c: Coefficients,
) -> None:
    """Write the new discharge through the west-east faces ``span`` of a row."""
    x, y = flow.x, flow.y
    bed, n = ground.bed, ground.roughness
    h, root = s.face_depth, s.inverse_root
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        w = j - ONE
        across = (y[i, w] + y[i, j]) + (y[i + ONE, w] + y[i + ONE, j])
        rise = (bed[i, j] + depth[i, j]) - (bed[i, w] + depth[i, w])
        beside = x[i, w] + x[i, j + ONE]
        new[i, j] = discharge(x[i, j], beside, across, rise, n[i, w] + n[i, j], h[j], root[j], c)


@compiled
def advance_discharge_y(
    new: Array,
    flow: Flow,
    depth: Array,
    ground: Ground,
    s: Scratch,
    row: int,
    span: Span,
    c: Coefficients,
) -> None:
    """Write the new discharge through the faces ``span`` between ``row - 1`` and ``row``."""
    x, y = flow.x, flow.y
    bed, n = ground.bed, ground.roughness
    h, root = s.face_depth, s.inverse_root
    i = np.uintp(row)
    k = i - ONE
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        across = (x[k, j] + x[i, j]) + (x[k, j + ONE] + x[i, j + ONE])
        rise = (bed[i, j] + depth[i, j]) - (bed[k, j] + depth[k, j])
        beside = y[k, j] + y[i + ONE, j]
        new[i, j] = discharge(y[i, j], beside, across, rise, n[k, j] + n[i, j], h[j], root[j], c)


@compiled
def outflow_shares(
    scale: Array, new: Flow, depth: Array, row: int, span: Span, c: Coefficients
) -> None:
    """Write into ``scale`` the share of its outflow that each cell of a row can pay [-].

    Without this donor-cell limiter a point source on dry ground creates water out of nothing.
    """
    x, y = new.x, new.y
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        out_x = max(x[i, j + ONE], c.zero) + max(-x[i, j], c.zero)
        out_y = max(y[i + ONE, j], c.zero) + max(-y[i, j], c.zero)
        asked = c.dt_dx * (out_x + out_y)
        scale[i + ONE, j + ONE] = min(c.one, c.margin * depth[i, j] / max(asked, c.tiny))


@compiled
def limit_x(x: Array, scale: Array, row: int, span: Span, zero: Real) -> None:
    """Cut the discharge through a row's west-east faces to what the giver can pay, in place."""
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        x[i, j] *= scale[i + ONE, j] if x[i, j] > zero else scale[i + ONE, j + ONE]


@compiled
def limit_y(y: Array, scale: Array, row: int, span: Span, zero: Real) -> None:
    """Cut the discharge through the faces north of ``row`` to what the giver can pay, in place."""
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        y[i, j] *= scale[i, j + ONE] if y[i, j] > zero else scale[i + ONE, j + ONE]


@compiled
def advance_depth(
    water: Water, new: Flow, share: Array, gained: Array, row: int, span: Span, c: Coefficients
) -> None:
    """Add one step's rain and net inflow to the depths of a row, in place.

    ``carry`` brings in what the cell is owed: the inflow of this step, and what rounding dropped
    before (Kahan's compensated sum), so that ten metres of sea take up a micrometre of rain.
    ``gained`` is a working row.
    """
    depth, carry, x, y = water.depth, water.carry, new.x, new.y
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        net = (x[i, j] - x[i, j + ONE]) + (y[i, j] - y[i + ONE, j])
        gained[j] = c.dt_dx * net + c.rain * share[i, j] + carry[i, j]
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        after = depth[i, j] + gained[j]
        after = c.zero if after < c.zero else after
        carry[i, j] = gained[j] - (after - depth[i, j])
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        after = depth[i, j] + gained[j]
        depth[i, j] = c.zero if after < c.zero else after


@compiled
def speeds(s: Scratch, new: Flow, depth: Array, row: int, span: Span, c: Coefficients) -> None:
    """Write unit discharge and speed at the centre of each cell of a row into working rows.

    The flow at the centre is the mean of opposite faces, held within ``speed_cap`` times the
    depth. Below ``speed_depth`` the quotient of two small numbers says nothing: 0 is recorded.
    """
    unit, speed, x, y = s.unit_discharge, s.speed, new.x, new.y
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        mean_x = c.half * (x[i, j] + x[i, j + ONE])
        mean_y = c.half * (y[i, j] + y[i + ONE, j])
        magnitude = np.sqrt(mean_x * mean_x + mean_y * mean_y)
        unit[j] = min(magnitude, c.speed_cap * depth[i, j])
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        speed[j] = unit[j] / depth[i, j] if depth[i, j] >= c.speed_depth else c.zero


@compiled
def record_depths(peaks: Peaks, depth: Array, row: int, span: Span, c: Coefficients) -> None:
    """Keep arrival, greatest depth and its time for each cell of a row, in place."""
    highest, time, arrival = peaks.depth, peaks.time, peaks.arrival
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        first = min(arrival[i, j], c.now)
        arrival[i, j] = first if depth[i, j] > c.arrival_depth else arrival[i, j]
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        time[i, j] = c.now if depth[i, j] > highest[i, j] else time[i, j]
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        highest[i, j] = max(highest[i, j], depth[i, j])


@compiled
def record_hazards(
    peaks: Peaks, s: Scratch, depth: Array, row: int, span: Span, c: Coefficients
) -> None:
    """Keep the greatest depth x speed, speed, hazard rating and Froude number, in place.

    ``HR = d (v + 0.5) + DF = |q| + 0.5 d + DF``, all taken at the same moment.
    """
    unit, speed = s.unit_discharge, s.speed
    strongest, fastest = peaks.unit_discharge, peaks.speed
    hazard, froude = peaks.hazard, peaks.froude_squared
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        strongest[i, j] = max(strongest[i, j], unit[j])
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        fastest[i, j] = max(fastest[i, j], speed[j])
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        celerity_squared = c.gravity * max(depth[i, j], c.dry)
        froude[i, j] = max(froude[i, j], speed[j] * speed[j] / celerity_squared)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        h = depth[i, j]
        debris = c.debris_mid if h > c.mid_depth else c.debris_shallow
        debris = c.debris_deep if h > c.deep_depth else debris
        debris = c.debris_deep if speed[j] > c.fast else debris
        rating = unit[j] + c.half * h + debris
        hazard[i, j] = max(hazard[i, j], rating if h > c.zero else c.zero)


@compiled
def active_span(wet: Array, row: int, cols: int) -> Span:
    """Columns of a row that water may touch in this step: wet ones and their neighbours."""
    first, end = wet[row, 0] - 1, wet[row, 1] + 1
    if row > 0:
        first, end = min(first, wet[row - 1, 0]), max(end, wet[row - 1, 1])
    if row + 1 < wet.shape[0]:
        first, end = min(first, wet[row + 1, 0]), max(end, wet[row + 1, 1])
    return max(first, 0), min(end, cols)


@compiled
def grow_wet_spans(wet: Array, depth: Array) -> None:
    """Widen each row's span ``(first, end)`` to the cells water has newly reached, in place."""
    rows, cols = depth.shape
    reach = np.empty_like(wet)
    for i in range(rows):
        reach[i, 0], reach[i, 1] = active_span(wet, i, cols)
    for i in range(rows):
        first, end = reach[i, 0], reach[i, 1]
        while first < wet[i, 0] and first < end and not depth[i, first] > 0:
            first += 1
        while end > wet[i, 1] and end > first and not depth[i, end - 1] > 0:
            end -= 1
        if first < end:
            wet[i, 0], wet[i, 1] = min(wet[i, 0], first), max(wet[i, 1], end)


@compiled
def advance_row_discharge(
    new: Flow, flow: Flow, depth: Array, ground: Ground, s: Scratch, wet: Array, row: int,
    span: Span, root: RootGuess, c: Coefficients,
) -> None:  # fmt: skip
    """Write the new discharge through the faces inside a row and those south of it."""
    inner = (span[0] + 1, span[1])
    face_depths_x(s.face_depth, depth, ground.bed, row, inner, c.dry)
    inverse_cube_roots(s, inner, root, c)
    advance_discharge_x(new.x, flow, depth, ground, s, row, inner, c)
    south = row + 1
    if south < depth.shape[0]:
        both = (min(wet[row, 0], wet[south, 0]), max(wet[row, 1], wet[south, 1]))
        face_depths_y(s.face_depth, depth, ground.bed, south, both, c.dry)
        inverse_cube_roots(s, both, root, c)
        advance_discharge_y(new.y, flow, depth, ground, s, south, both, c)


@compiled
def finish_row(
    new: Flow, water: Water, share: Array, peaks: Peaks, s: Scratch, row: int, span: Span,
    greatest: Bits, c: Coefficients,
) -> Bits:  # fmt: skip
    """Advance the depth of a row whose faces are all known; return the greatest bit pattern.

    Read as unsigned integers, non-negative floats keep their order, and NaN and negative
    numbers come above all of them: one pass finds the greatest depth and any failure.
    """
    advance_depth(water, new, share, s.face_depth, row, span, c)
    speeds(s, new, water.depth, row, span, c)
    record_depths(peaks, water.depth, row, span, c)
    record_hazards(peaks, s, water.depth, row, span, c)
    i = np.uintp(row)
    for j in range(np.uintp(span[0]), np.uintp(span[1])):
        greatest = max(greatest, water.depth_bits[i, j])
    return greatest


@compiled
def advance(
    flow: Flow, new: Flow, water: Water, ground: Ground, peaks: Peaks, s: Scratch, wet: Array,
    root: RootGuess, greatest: Bits, c: Coefficients,
) -> Bits:  # fmt: skip
    """Advance the water by one time step and return the bit pattern of its greatest depth.

    ``flow`` is the discharge before the step and is not changed; ``new`` receives that after it.
    The outermost faces of ``new`` belong to the boundary conditions, which have written them;
    here they are only limited. ``wet`` is widened. Rows go in order, each finished while it is
    still in cache; only cells that water may touch are visited.
    """
    rows, cols = water.depth.shape
    above = (cols, 0)
    for i in range(rows):
        span = active_span(wet, i, cols)
        if span[0] < span[1]:
            advance_row_discharge(new, flow, water.depth, ground, s, wet, i, span, root, c)
            outflow_shares(water.scale, new, water.depth, i, span, c)
            limit_x(new.x, water.scale, i, (span[0], span[1] + 1), c.zero)
        limit_y(new.y, water.scale, i, (min(span[0], above[0]), max(span[1], above[1])), c.zero)
        if i > 0:
            greatest = finish_row(
                new, water, ground.rain_share, peaks, s, i - 1, above, greatest, c
            )
        above = span
    limit_y(new.y, water.scale, rows, above, c.zero)
    greatest = finish_row(new, water, ground.rain_share, peaks, s, rows - 1, above, greatest, c)
    grow_wet_spans(wet, water.depth)
    return greatest
