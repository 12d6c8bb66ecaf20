"""Turn the description of a run into the arrays it works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.flood.boundary import FixedStage
from scenarios.flood.hazard import DEBRIS_DEEP_M, DEBRIS_FACTORS, DEBRIS_FAST_M_S, DEBRIS_SHALLOW_M
from scenarios.flood.series import level_at
from scenarios.flood.state import (
    DRY_DEPTH_M,
    GRAVITY,
    LIMITER_MARGIN,
    ROOT_GUESS,
    WALL_LEVEL_M,
    Coefficients,
    Flow,
    Ground,
    Peaks,
    Scratch,
    Water,
    empty_water,
    first_peaks,
    scratch_rows,
    still_flow,
    wet_spans,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from scenarios.flood.forcing import Forcing
    from scenarios.flood.grid import Terrain
    from scenarios.flood.settings import Settings
    from scenarios.flood.state import Array, RootGuess


@dataclass(slots=True, eq=False)
class Run:
    """A run under way. Elevations are above ``datum_m``, which keeps single precision fine."""

    terrain: Terrain
    forcing: Forcing
    settings: Settings
    datum_m: float
    ground: Ground
    water: Water
    flow: Flow
    spare_flow: Flow
    peaks: Peaks
    scratch: Scratch
    wet: NDArray[np.int64]
    coefficients: Coefficients
    root: RootGuess
    source_cells: NDArray[np.intp]  # flat indices, each once
    held_cells: NDArray[np.intp]  # flat indices
    greatest_rain_share: float
    rain_share_sum: float
    rain_factor_sum: float
    max_depth_m: float
    time_s: float = 0.0
    steps: int = 0
    dt_s: float = 0.0
    rain_owed_m: float = 0.0  # what rounding kept back from the rain so far


def prepare(terrain: Terrain, forcing: Forcing, settings: Settings) -> Run:
    """Build the state at time 0 from checked input."""
    dtype = np.dtype(settings.dtype)
    walls = terrain.walls
    datum_m = float(np.floor(np.asarray(terrain.bed)[~walls].min()))
    ground, factor_sum = _ground(terrain, forcing, datum_m, dtype)
    depth = _initial_depth(terrain, forcing, datum_m, dtype)
    rows, cols = depth.shape
    return Run(
        terrain=terrain,
        forcing=forcing,
        settings=settings,
        datum_m=datum_m,
        ground=ground,
        water=empty_water(depth),
        flow=still_flow(rows, cols, dtype),
        spare_flow=still_flow(rows, cols, dtype),
        peaks=first_peaks(depth, settings.arrival_depth_m),
        scratch=scratch_rows(cols, dtype),
        wet=wet_spans(_may_be_wet(forcing, ground, depth)),
        coefficients=_constant_coefficients(settings, dtype),
        root=ROOT_GUESS[settings.dtype],
        source_cells=_source_cells(terrain, forcing),
        held_cells=_held_cells(terrain, forcing),
        greatest_rain_share=float(ground.rain_share.max()),
        rain_share_sum=float(ground.rain_share.sum(dtype=np.float64)),
        rain_factor_sum=factor_sum,
        max_depth_m=float(depth.max()),
    )


def _ground(
    terrain: Terrain, forcing: Forcing, datum_m: float, dtype: np.dtype[Any]
) -> tuple[Ground, float]:
    """Ground arrays, and the sum of the rain factors over the domain."""
    walls = terrain.walls
    shape = terrain.bed.shape
    bed = np.where(walls, WALL_LEVEL_M, terrain.bed.astype(np.float64) - datum_m)
    factor = np.where(walls, 0.0, np.broadcast_to(forcing.rain_factor, shape))
    share = np.where(walls, 0.0, factor * forcing.runoff_coefficient)
    roughness = np.where(walls, 1.0, np.broadcast_to(terrain.roughness, shape))
    if forcing.rain is None:
        factor, share = np.zeros(shape), np.zeros(shape)
    ground = Ground(bed.astype(dtype), roughness.astype(dtype), share.astype(dtype))
    return ground, float(factor.sum())


def _initial_depth(
    terrain: Terrain, forcing: Forcing, datum_m: float, dtype: np.dtype[Any]
) -> Array:
    walls = terrain.walls
    depth = np.where(walls, 0.0, np.broadcast_to(forcing.initial_depth, terrain.bed.shape))
    if forcing.stage_cells is not None:
        level = level_at(forcing.stage_cells.level, 0.0)
        held = forcing.stage_cells.cells & ~walls
        bed = np.where(walls, datum_m, terrain.bed.astype(np.float64))
        depth = np.where(held, np.maximum(level - bed, 0.0), depth)
    return np.ascontiguousarray(depth, dtype)


def _source_cells(terrain: Terrain, forcing: Forcing) -> NDArray[np.intp]:
    cells = [np.ravel_multi_index(inflow.cells, terrain.shape) for inflow in forcing.inflows]
    return np.unique(np.concatenate(cells)) if cells else np.empty(0, np.intp)


def _held_cells(terrain: Terrain, forcing: Forcing) -> NDArray[np.intp]:
    if forcing.stage_cells is None:
        return np.empty(0, np.intp)
    return np.flatnonzero(forcing.stage_cells.cells & ~terrain.walls)


def _may_be_wet(forcing: Forcing, ground: Ground, depth: Array) -> NDArray[np.bool_]:
    """Cells where water stands or may enter from outside at any time."""
    wet = (depth > 0) | (ground.rain_share > 0)
    for inflow in forcing.inflows:
        wet[inflow.cells] = True
    if forcing.stage_cells is not None:
        wet |= forcing.stage_cells.cells
    edges = forcing.edges
    wet[0] |= isinstance(edges.north, FixedStage)
    wet[-1] |= isinstance(edges.south, FixedStage)
    wet[:, 0] |= isinstance(edges.west, FixedStage)
    wet[:, -1] |= isinstance(edges.east, FixedStage)
    return wet


def _constant_coefficients(settings: Settings, dtype: np.dtype[Any]) -> Coefficients:
    """Coefficients of a step of length 0; each step replaces those that depend on it."""
    debris = DEBRIS_FACTORS[settings.debris]
    values = {
        "zero": 0.0,
        "half": 0.5,
        "one": 1.0,
        "dry": DRY_DEPTH_M,
        "beside": 0.0,
        "g_dt": 0.0,
        "g_dt_dx": 0.0,
        "dt_dx": 0.0,
        "margin": 1.0 - LIMITER_MARGIN,
        "tiny": 1e-30,
        "speed_cap": settings.velocity_cap_m_s,
        "rain": 0.0,
        "now": 0.0,
        "arrival_depth": settings.arrival_depth_m,
        "speed_depth": settings.velocity_min_depth_m,
        "gravity": GRAVITY,
        "fast": DEBRIS_FAST_M_S,
        "mid_depth": DEBRIS_SHALLOW_M,
        "deep_depth": DEBRIS_DEEP_M,
        "debris_shallow": debris.shallow,
        "debris_mid": debris.mid,
        "debris_deep": debris.deep,
        "polish_0": 14.0 / 9.0,
        "polish_1": 7.0 / 9.0,
        "polish_2": 2.0 / 9.0,
    }
    return Coefficients(**{name: dtype.type(value) for name, value in values.items()})
