"""Run a flood: check the input, step through time, report, keep the books."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.flood.checks import check_input
from scenarios.flood.errors import UnstableRunError
from scenarios.flood.ledger import Ledger, stored_m3
from scenarios.flood.result import FloodResult, Progress, Snapshot
from scenarios.flood.setup import prepare
from scenarios.flood.stepping import take_step

BOOKS_CLOSE_TO = 1e-4  # of all water handled; real runs close to 1e-7, so this means a defect
TRACE_DEPTH_M = 1e-9

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from scenarios.flood.forcing import Forcing
    from scenarios.flood.grid import Terrain
    from scenarios.flood.result import MassBalance
    from scenarios.flood.settings import Settings
    from scenarios.flood.setup import Run
    from scenarios.flood.state import Array


def simulate(
    terrain: Terrain,
    forcing: Forcing,
    settings: Settings,
    *,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_snapshot: Callable[[Snapshot], None] | None = None,
) -> FloodResult:
    """Simulate a flood and return its maxima and its mass balance.

    ``on_progress`` and ``should_stop`` are called every ``settings.report_interval_s`` of
    wall-clock time and at the start; ``on_progress`` once more at the end. When ``should_stop``
    returns True the result so far is returned with ``cancelled=True``. ``on_snapshot`` receives
    the depth at each of ``settings.output_times_s``. The arguments are not changed.

    Raises
    ------
    InvalidFloodInput
        Something in the input cannot be right; nothing was computed.
    UnstableRunError
        The computation broke down; no result.
    """
    check_input(terrain, forcing, settings)
    run = prepare(terrain, forcing, settings)
    ledger = Ledger(stored_start_m3=stored_m3(run.water, terrain.cell_area_m2))
    report = _Report(on_progress, should_stop, settings.report_interval_s)
    outputs = sorted({float(t) for t in settings.output_times_s})
    for stop_s in sorted({*outputs, float(settings.duration_s)}):
        while run.time_s < stop_s:
            if report.is_due() and report.wants_stop(run):
                return _result(run, ledger, cancelled=True)
            take_step(run, ledger, stop_s)
        if stop_s in outputs and on_snapshot is not None:
            on_snapshot(_snapshot(run, ledger))
    report.show(run)
    return _result(run, ledger, cancelled=False)


@dataclass(slots=True)
class _Report:
    """Tells the caller how far the run is, at most once per interval of wall-clock time."""

    on_progress: Callable[[Progress], None] | None
    should_stop: Callable[[], bool] | None
    interval_s: float
    due_at: float = 0.0

    def is_due(self) -> bool:
        if time.monotonic() < self.due_at:
            return False
        self.due_at = time.monotonic() + self.interval_s
        return True

    def wants_stop(self, run: Run) -> bool:
        self.show(run)
        return self.should_stop is not None and self.should_stop()

    def show(self, run: Run) -> None:
        if self.on_progress is not None:
            self.on_progress(
                Progress(
                    time_s=run.time_s,
                    duration_s=run.settings.duration_s,
                    steps=run.steps,
                    dt_s=run.dt_s,
                    max_depth_m=run.max_depth_m,
                )
            )


def _inside(run: Run, values: Array) -> NDArray[Any]:
    """Copy of an array with NaN outside the domain."""
    return np.where(run.terrain.walls, np.nan, values).astype(values.dtype)


def _velocity(run: Run) -> tuple[Array, Array]:
    """Velocity at the cell centres, by the same rules as the recorded maxima [m s-1]."""
    depth, flow = run.water.depth, run.flow
    recorded = depth >= run.settings.velocity_min_depth_m
    per_depth = np.where(recorded, 1.0, 0.0) / np.where(recorded, depth, 1.0)
    eastward = 0.5 * (flow.x[:, :-1] + flow.x[:, 1:]) * per_depth
    northward = -0.5 * (flow.y[:-1] + flow.y[1:]) * per_depth
    speed, cap = np.hypot(eastward, northward), run.settings.velocity_cap_m_s
    held = np.where(speed > cap, cap, speed) / np.where(speed > 0, speed, 1.0)
    return (eastward * held).astype(depth.dtype), (northward * held).astype(depth.dtype)


def _snapshot(run: Run, ledger: Ledger) -> Snapshot:
    eastward, northward = _velocity(run)
    return Snapshot(
        time_s=run.time_s,
        depth=_inside(run, run.water.depth),
        velocity_x=_inside(run, eastward),
        velocity_y=_inside(run, northward),
        mass_balance=ledger.balance(run),
    )


def require_closed_books(balance: MassBalance, run: Run) -> None:
    """Raise :class:`UnstableRunError` when water was created or lost beyond rounding.

    A trace below ``TRACE_DEPTH_M`` over the domain is what the state cannot resolve.
    """
    trace_m3 = TRACE_DEPTH_M * run.terrain.bed.size * run.terrain.cell_area_m2
    allowed = max(BOOKS_CLOSE_TO * balance.handled_m3, trace_m3)
    if not abs(balance.created_m3) <= allowed:
        raise UnstableRunError(
            f"The water balance does not close: {balance.created_m3:.3g} m3 appeared out of "
            f"{balance.handled_m3:.3g} m3.",
            "Do not use this run. Run again with dtype='float64' or a smaller alpha (0.4).",
        )


def _result(run: Run, ledger: Ledger, *, cancelled: bool) -> FloodResult:
    balance = ledger.balance(run)
    require_closed_books(balance, run)
    peaks = run.peaks
    arrival = np.where(np.isinf(peaks.arrival), np.nan, peaks.arrival).astype(peaks.arrival.dtype)
    return FloodResult(
        depth=_inside(run, run.water.depth),
        max_depth=_inside(run, peaks.depth),
        max_velocity=_inside(run, peaks.speed),
        max_unit_discharge=_inside(run, peaks.unit_discharge),
        max_hazard_rating=_inside(run, peaks.hazard),
        arrival_s=_inside(run, arrival),
        time_of_max_s=_inside(run, peaks.time),
        max_froude=_inside(run, np.sqrt(peaks.froude_squared)),
        mass_balance=balance,
        steps=run.steps,
        seconds_simulated=run.time_s,
        cancelled=cancelled,
    )
