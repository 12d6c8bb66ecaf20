"""One time step of a run: how long it may be, what enters, what flows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from scenarios.flood.boundary import (
    Closed,
    FixedStage,
    Step,
    edge_depth_m,
    rim,
    write_edge_discharge,
)
from scenarios.flood.errors import UnstableRunError
from scenarios.flood.kernels import advance
from scenarios.flood.series import level_at
from scenarios.flood.sources import hold_level, owe_depth
from scenarios.flood.state import GRAVITY, unsigned_like

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from scenarios.flood.boundary import Rim
    from scenarios.flood.ledger import Ledger
    from scenarios.flood.setup import Run
    from scenarios.flood.state import Flow

SHORTEST_STEP_SHARE = 1e-6  # of dt_max; a shorter step means water kilometres deep
BISECTIONS = 8  # leave less than 1 % of the admissible step unused
THETA_COURANT = 0.7  # the Courant number for which theta is quoted: de Almeida et al. (2012)

# With a Courant number C, a lone heap of one cell sends off 4 C² of its water in a step: at cells
# with inflow C is held to alpha / sqrt(2), so that a source does not empty itself every step.
SOURCE_COURANT_SQUARED = 0.5


def take_step(run: Run, ledger: Ledger, stop_s: float) -> None:
    """Advance a run by one time step that does not pass ``stop_s``."""
    dt = admissible_step(run, stop_s)
    end_s = stop_s if dt >= stop_s - run.time_s else run.time_s + dt
    _add_inflows(run, ledger, end_s)
    rain_m = _rain_of_step(run, end_s)
    new = run.spare_flow
    _write_edges(run, dt, end_s)
    c = run.coefficients
    precision = type(c.zero)
    c = c._replace(
        g_dt=precision(GRAVITY * dt),
        g_dt_dx=precision(GRAVITY * dt / run.terrain.dx),
        dt_dx=precision(dt / run.terrain.dx),
        beside=precision(_spread(run.settings.theta, dt, run.terrain.dx)),
        rain=precision(rain_m),
        now=precision(end_s),
    )
    bits = advance(
        run.flow, new, run.water, run.ground, run.peaks, run.scratch, run.wet, run.root,
        precision(0).view(unsigned_like(np.dtype(precision))), c,
    )  # fmt: skip
    ledger.book_rain(run, float(c.rain))
    ledger.book_edges(run, new, float(c.dt_dx))
    run.flow, run.spare_flow = new, run.flow
    run.time_s, run.dt_s, run.steps = end_s, dt, run.steps + 1
    run.max_depth_m = _sound_depth(run, unsigned_like(np.dtype(precision)).type(bits))
    _hold_levels(run, ledger)


def _spread(theta: float, dt: float, dx: float) -> float:
    """Weight of the neighbours along the flow, per root of the depth at the face [m-1/2].

    ``(1 - theta)/2`` applies at the Courant number ``THETA_COURANT``; it is scaled by the local
    Courant number ``dt sqrt(g h) / dx``. With a fixed weight the smoothing would grow with the
    number of steps: a deep sea at one end of the grid, which shortens the step, would hold back
    the shallow flood in the streets.
    """
    return 0.5 * (1.0 - theta) / THETA_COURANT * math.sqrt(GRAVITY) * dt / dx


def stable_courant(theta: float) -> float:
    """Courant number up to which no wave on a grid in two directions can grow [-].

    From the linear scheme: the shortest diagonal wave has the eigenvalues of
    ``z² - (1 + D - 8 C²) z + D`` with ``D = 1 - 2 (1 - theta) C / THETA_COURANT``, which stay
    within 1 while ``8 C² <= 2 (1 + D)``. 0.71 for theta 1, 0.67 for 0.9, 0.61 for 0.7.
    """
    k = 2.0 * (1.0 - theta) / THETA_COURANT
    return (math.sqrt(k * k + 32.0) - k) / 8.0


def admissible_step(run: Run, stop_s: float) -> float:
    """Longest step whose Courant number holds *after* the sources of that step are added [s].

    A step chosen from the depth before would let a strong source on dry ground blow up.
    """
    rest = stop_s - run.time_s
    dt = min(run.settings.dt_max_s, rest)
    reach = min(run.settings.alpha, stable_courant(run.settings.theta)) * run.terrain.dx
    deepest = max(run.max_depth_m, _edge_depth(run, run.time_s), _edge_depth(run, run.time_s + dt))
    rain = _greatest_rain(run, dt)
    source_depth, source_rate = _sources(run, dt)

    def depth_after(step: float) -> float:
        at_sources = float((source_depth + (source_rate + rain) * step).max(initial=0.0))
        return max(deepest + rain * step, at_sources / SOURCE_COURANT_SQUARED)

    dt = _longest(dt, reach, depth_after)
    if dt < SHORTEST_STEP_SHARE * run.settings.dt_max_s and dt < rest:
        raise UnstableRunError(
            f"At {run.time_s:.1f} s the water is {run.max_depth_m:.3g} m deep and the time step "
            f"has shrunk to {dt:.1e} s.",
            "Check the units of terrain, levels and inflow, and whether water can leave.",
        )
    return 0.5 * rest if dt < rest < 2.0 * dt else dt


def _longest(dt: float, reach: float, depth_after: Callable[[float], float]) -> float:
    """Largest step up to ``dt`` with ``step * sqrt(g depth_after(step)) <= reach``."""

    def fits(step: float) -> bool:
        return step * math.sqrt(GRAVITY * depth_after(step)) <= reach

    if fits(dt):
        return dt
    short = reach / math.sqrt(GRAVITY * depth_after(dt))
    if depth_after(short) == depth_after(dt):
        return short
    for _ in range(BISECTIONS):
        middle = 0.5 * (short + dt)
        short, dt = (middle, dt) if fits(middle) else (short, middle)
    return short


def _edge_depth(run: Run, time_s: float) -> float:
    """Greatest depth that a level beyond an edge puts on the cells behind it [m]."""
    return max(
        (
            edge_depth_m(edge, _rim(run, side, run.flow), run.datum_m, time_s)
            for side, edge in run.forcing.edges.sides().items()
            if isinstance(edge, FixedStage)
        ),
        default=0.0,
    )


def _rim(run: Run, side: str, new: Flow) -> Rim:
    return rim(side, new, run.flow, run.water.depth, run.ground)


def _greatest_rain(run: Run, dt: float) -> float:
    """Greatest net rain on any cell during the next ``dt`` [m s-1]."""
    if run.forcing.rain is None:
        return 0.0
    owed = run.rain_owed_m / dt
    rate = run.forcing.rain.greatest_rate(run.time_s, run.time_s + dt)
    return (rate + max(owed, 0.0)) * run.greatest_rain_share


def _sources(run: Run, dt: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Depth of the source cells [m] and how fast inflow fills them at most [m s-1]."""
    cells = run.source_cells
    rate = np.zeros(cells.size)
    for inflow in run.forcing.inflows:
        index = np.searchsorted(cells, np.ravel_multi_index(inflow.cells, run.terrain.shape))
        greatest = inflow.hydrograph.greatest_discharge(run.time_s, run.time_s + dt)
        np.add.at(rate, index, greatest / (index.size * run.terrain.cell_area_m2))
    return run.water.depth.ravel()[cells].astype(np.float64), rate


def _add_inflows(run: Run, ledger: Ledger, end_s: float) -> None:
    for inflow in run.forcing.inflows:
        graph = inflow.hydrograph
        volume = graph.volume_until_m3(end_s) - graph.volume_until_m3(run.time_s)
        cells = np.ravel_multi_index(inflow.cells, run.terrain.shape)
        if volume > 0:
            per_cell = volume / (cells.size * run.terrain.cell_area_m2)
            owe_depth(run.water.carry, cells, per_cell)
            ledger.inflow_m3 += volume


def _rain_of_step(run: Run, end_s: float) -> float:
    """Gross rain of the step as the state can hold it; the rounding is owed to the next [m]."""
    rain = run.forcing.rain
    if rain is None:
        return 0.0
    fallen = rain.depth_until_m(end_s) - rain.depth_until_m(run.time_s) + run.rain_owed_m
    given = float(type(run.coefficients.zero)(fallen))
    run.rain_owed_m = fallen - given
    return given


def _write_edges(run: Run, dt: float, end_s: float) -> None:
    step = Step(dt, run.terrain.dx, run.settings.velocity_cap_m_s)
    for side, edge in run.forcing.edges.sides().items():
        if not isinstance(edge, Closed):
            at = _rim(run, side, run.spare_flow)
            write_edge_discharge(edge, at, run.datum_m, end_s, step)


def _sound_depth(run: Run, bits: np.unsignedinteger) -> float:
    """Return the greatest depth, or stop a run whose state is no longer water."""
    depth = float(bits.view(run.water.depth.dtype))
    if not 0.0 <= depth < math.inf:
        raise UnstableRunError(
            f"The computation broke down at {run.time_s:.1f} s, step {run.steps}: a depth is "
            "negative or not a number.",
            "Run again with a smaller alpha (0.4) or theta 0.8, and check the terrain for spikes.",
        )
    return depth


def _hold_levels(run: Run, ledger: Ledger) -> None:
    stage = run.forcing.stage_cells
    if stage is None:
        return
    level = level_at(stage.level, run.time_s) - run.datum_m
    water = run.water
    added, deepest = hold_level(water.depth, water.carry, run.ground.bed, run.held_cells, level)
    ledger.book_exchange(added * run.terrain.cell_area_m2)
    run.max_depth_m = max(run.max_depth_m, deepest)
