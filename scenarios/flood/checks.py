"""Refuse input that cannot be right, before anything is computed."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.flood.boundary import FixedStage, NormalDepth
from scenarios.flood.errors import InvalidFloodInput
from scenarios.flood.series import StageSeries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from scenarios.flood.forcing import Forcing, Inflow
    from scenarios.flood.grid import Terrain
    from scenarios.flood.series import Rain
    from scenarios.flood.settings import Settings

FARTHEST_BED_M = 9000.0  # Everest is 8849 m; the usual nodata value is -9999
LEAST_DIMENSIONS = 2


def check_input(terrain: Terrain, forcing: Forcing, settings: Settings) -> None:
    """Raise :class:`InvalidFloodInput` with what is wrong and what to do, or return."""
    _check_terrain(terrain)
    _check_roughness(terrain)
    _check_settings(settings)
    _check_rain(terrain, forcing)
    for inflow in forcing.inflows:
        _check_inflow(terrain, inflow)
    _check_edges(forcing)
    _check_stage_cells(terrain, forcing)
    _check_field("initial depth", forcing.initial_depth, terrain, "Give depths of 0 m or more.")


def _require(ok: object, what: str, remedy: str) -> None:
    if not ok:
        raise InvalidFloodInput(what, remedy)


def _check_terrain(terrain: Terrain) -> None:
    bed = terrain.bed
    _require(
        bed.ndim == LEAST_DIMENSIONS and bed.size > 0,
        f"The bed has the shape {bed.shape}.",
        "Give a grid of rows and columns with at least one cell.",
    )
    _require(
        np.isfinite(terrain.dx) and terrain.dx > 0,
        f"The cell width {terrain.dx} m is not above 0.",
        "Give the cell width in metres; reproject the terrain if it is in degrees.",
    )
    _require(
        terrain.walls.shape == bed.shape,
        f"The mask is {terrain.walls.shape} but the bed is {bed.shape}.",
        "Put both on the same grid.",
    )
    _require(
        terrain.mask is not None or not np.ma.is_masked(bed),
        "The bed is a masked array, but the terrain has no mask.",
        "Pass Terrain(bed.data, roughness, dx, mask=np.ma.getmaskarray(bed)).",
    )
    ground = bed[~terrain.walls]
    _require(
        ground.size and np.isfinite(ground).any(),
        "The terrain has no cell with a finite elevation.",
        "Check that the area of interest overlaps the terrain model.",
    )
    holes = int(ground.size - np.isfinite(ground).sum())
    _require(
        holes == 0,
        f"{holes} cells inside the domain have no elevation (NaN or infinite).",
        "Fill them, or pass mask=~np.isfinite(bed) to make them walls.",
    )
    _require(
        np.abs(ground).max() <= FARTHEST_BED_M,
        f"The bed reaches from {ground.min():.6g} m to {ground.max():.6g} m.",
        "Check the unit and the nodata value of the terrain model (metres are expected).",
    )


def _check_roughness(terrain: Terrain) -> None:
    n = np.asarray(terrain.roughness)
    _require(
        n.ndim == 0 or n.shape == terrain.bed.shape,
        f"The roughness is {n.shape} but the bed is {terrain.bed.shape}.",
        "Give one number, or a value per cell on the grid of the terrain.",
    )
    inside = np.broadcast_to(n, terrain.bed.shape)[~terrain.walls]
    _require(
        np.all(np.isfinite(inside) & (inside > 0)),
        f"Manning's n is not above 0 in {int((~(inside > 0)).sum())} cells.",
        "Give n in s m-1/3, e.g. 0.02 for asphalt, 0.05 for grass; classes without a value too.",
    )


def _check_field(name: str, values: NDArray[Any] | float, terrain: Terrain, remedy: str) -> None:
    array = np.asarray(values)
    _require(
        array.ndim == 0 or array.shape == terrain.bed.shape,
        f"The {name} is {array.shape} but the bed is {terrain.bed.shape}.",
        "Give one number, or a value per cell on the grid of the terrain.",
    )
    inside = np.broadcast_to(array, terrain.bed.shape)[~terrain.walls]
    bad = int((~(np.isfinite(inside) & (inside >= 0))).sum())
    _require(bad == 0, f"The {name} is negative or not a number in {bad} cells.", remedy)


def _check_settings(settings: Settings) -> None:
    positive = ("duration_s", "dt_max_s", "velocity_min_depth_m", "velocity_cap_m_s")
    for name in positive:
        value = getattr(settings, name)
        _require(np.isfinite(value) and value > 0, f"{name} is {value}.", "Give a number above 0.")
    _require(settings.arrival_depth_m >= 0, "The arrival depth is negative.", "Give 0 m or more.")
    _require(
        0 < settings.alpha <= 1,
        f"The Courant number alpha is {settings.alpha}.",
        "Give 0.7, or less for a smoother run; above 1 the scheme is unstable.",
    )
    _require(
        0 <= settings.theta <= 1,
        f"The weight theta is {settings.theta}.",
        "Give a weight from 0.7 to 1.",
    )
    _require(
        settings.dtype in {"float32", "float64"},
        f"The precision {settings.dtype!r} is unknown.",
        "Use 'float32' or 'float64'.",
    )
    outside = [t for t in settings.output_times_s if not 0 <= t <= settings.duration_s]
    _require(
        not outside,
        f"The output times {outside} s lie outside the run of {settings.duration_s:g} s.",
        "Remove them or make the run longer.",
    )


def _check_series(name: str, times: Sequence[float], values: Sequence[float], knots: int) -> None:
    _require(
        len(times) == knots and len(values) > 0,
        f"The {name} has {len(times)} times and {len(values)} values.",
        "Rain needs one time more than values; discharge and level as many.",
    )
    _require(
        np.all(np.isfinite(times)) and all(a < b for a, b in pairwise(times)),
        f"The times of the {name} do not increase.",
        "Sort them and remove repeated ones.",
    )
    _require(
        np.all(np.isfinite(values)),
        f"The {name} has a missing value (NaN or infinite).",
        "Fill the gap in the series.",
    )


def _check_rain(terrain: Terrain, forcing: Forcing) -> None:
    remedy = "Give 0 or more; 1 leaves the rain as it is."
    _check_field("rain factor", forcing.rain_factor, terrain, remedy)
    remedy = "Give the share of rain that runs off, from 0 to 1."
    _check_field("runoff coefficient", forcing.runoff_coefficient, terrain, remedy)
    inside = np.broadcast_to(np.asarray(forcing.runoff_coefficient), terrain.bed.shape)
    _require(inside[~terrain.walls].max() <= 1, "The runoff coefficient is above 1.", remedy)
    if forcing.rain is not None:
        _check_rain_series(forcing.rain)


def _check_rain_series(rain: Rain) -> None:
    _check_series("rain", rain.edges_s, rain.intensity_mm_h, len(rain.intensity_mm_h) + 1)
    least = min(rain.intensity_mm_h)
    _require(
        least >= 0,
        f"The rain has a negative intensity ({least:g} mm/h).",
        "Clean the series: gauges mark missing values with negative numbers.",
    )


def _check_inflow(terrain: Terrain, inflow: Inflow) -> None:
    graph = inflow.hydrograph
    _check_series(inflow.name, graph.times_s, graph.discharge_m3s, len(graph.discharge_m3s))
    _require(
        min(graph.discharge_m3s) >= 0,
        f"The discharge of {inflow.name} is negative.",
        "Take water out through an edge or through cells held at a level.",
    )
    rows, cols = (np.asarray(index) for index in inflow.cells)
    _require(rows.size, f"{inflow.name} has no cells.", "Place it on the terrain.")
    inside = (rows >= 0) & (rows < terrain.shape[0]) & (cols >= 0) & (cols < terrain.shape[1])
    _require(
        inside.all(),
        f"{inflow.name} lies outside the grid in {int((~inside).sum())} of {rows.size} cells.",
        f"Rows run from 0 to {terrain.shape[0] - 1}, columns from 0 to {terrain.shape[1] - 1}.",
    )
    _require(
        not terrain.walls[rows, cols].any(),
        f"{inflow.name} lies on cells without ground.",
        "Move it onto the terrain.",
    )


def _check_edges(forcing: Forcing) -> None:
    for side, edge in forcing.edges.sides().items():
        if isinstance(edge, NormalDepth):
            _require(
                np.isfinite(edge.slope) and edge.slope > 0,
                f"The slope at the {side} edge is {edge.slope}.",
                "Give the fall beyond the edge in m per m, e.g. 0.001; or use FreeOutflow.",
            )
        if isinstance(edge, FixedStage):
            _check_level(f"level at the {side} edge", edge.level)


def _check_level(name: str, level: float | StageSeries) -> None:
    if isinstance(level, StageSeries):
        _check_series(name, level.times_s, level.level_m, len(level.level_m))
        return
    _require(np.isfinite(level), f"The {name} is {level}.", "Give the level in metres above datum.")


def _check_stage_cells(terrain: Terrain, forcing: Forcing) -> None:
    if forcing.stage_cells is None:
        return
    cells = np.asarray(forcing.stage_cells.cells)
    _require(
        cells.shape == terrain.bed.shape and cells.dtype == bool,
        f"The cells held at a level are {cells.shape}, {cells.dtype}.",
        f"Give a mask of True and False with the shape {terrain.bed.shape}.",
    )
    _check_level("level of the held cells", forcing.stage_cells.level)
