"""From what a scenario says to what the solver takes, with every assumption written down."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from layers import numbers
from layers.vocab import Basis
from scenarios import flood
from scenarios.errors import SolverError, SpecError, TerrainError
from scenarios.rainfall import Climate, climate_named, design_rain, read_rain_series
from scenarios.sources import Sources
from scenarios.spec import (
    DesignStorm,
    EdgeSpec,
    InflowSpec,
    RainSeries,
    ScenarioSpec,
    SteadyRain,
)
from scenarios.storms import PATTERNS, Hyetograph, steady_rain
from scenarios.surfaces import building_cells, cell_values, covered_cells
from scenarios.terrain import Grid, GroundModel, grown, read_ground, touching_border
from scenarios.vocab import AssumptionKind, EdgeKind

# A sea held at its level needs no computing but where it meets the land; the deep water farther out
# would only shorten the time step of the whole run.
SEA_CELLS_OFF_LAND = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumption:
    """One thing a run takes for granted."""

    kind: AssumptionKind
    value: str
    unit: str = ""
    basis: str = Basis.DEMO_VALUE.value
    source: str = ""

    def as_json(self) -> dict[str, str]:
        """Return it for storage."""
        return {**asdict(self), "kind": self.kind.value}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ModelSetup:
    """Everything a run needs, and what was assumed to get there."""

    spec: ScenarioSpec
    grid: Grid
    terrain: flood.Terrain
    forcing: flood.Forcing
    settings: flood.Settings
    rain: Hyetograph | None  # with the climate's factor
    buildings: NDArray[np.int32]  # number of the building on each cell; 0: none
    sea: NDArray[np.bool_]
    hole_cells: int
    assumptions: tuple[Assumption, ...]

    @property
    def domain(self) -> NDArray[np.bool_]:
        """Where the model says something: ground that is neither a wall nor sea."""
        return ~self.terrain.walls & ~self.sea


def prepare_model(spec: ScenarioSpec, sources: Sources) -> ModelSetup:
    """Build the model of a scenario.

    Raises
    ------
    TerrainError, SpecError, StormError
        What cannot be run, in a sentence.
    """
    climate = climate_named(spec.climate)
    terrain_file = sources.terrain(spec.terrain.place)
    ground = read_ground(
        terrain_file.path,
        window=spec.window,
        nodata=spec.terrain.nodata,
        has_no_nodata=spec.terrain.has_no_nodata,
    )
    buildings, building_count = _buildings(spec, sources, ground.grid)
    sea = _sea_cells(spec, sources, ground)
    rain = event_rain(spec, climate)
    _check_rain_ends(spec, rain)
    terrain = _terrain(spec, sources, ground, (buildings, sea))
    return ModelSetup(
        spec=spec,
        grid=ground.grid,
        terrain=terrain,
        forcing=_forcing(spec, sources, ground, (terrain, sea, rain, climate)),
        settings=_settings(spec),
        rain=rain,
        buildings=buildings,
        sea=sea,
        hole_cells=ground.hole_cells,
        assumptions=tuple(
            _assumptions(spec, climate, terrain_file.made or spec.terrain.made, building_count)
        ),
    )


def event_rain(spec: ScenarioSpec, climate: Climate) -> Hyetograph | None:
    """Return the rain of the event in the scenario's climate, or None without rain."""
    match spec.rain:
        case None:
            return None
        case DesignStorm() as storm:
            rain = PATTERNS[storm.pattern](
                design_rain(storm.table),
                storm.return_period_years,
                storm.duration_h,
                storm.step_min,
            )
        case RainSeries(file=file):
            rain = read_rain_series(file)
        case SteadyRain(depth_mm=depth_mm, duration_h=duration_h):
            rain = steady_rain(depth_mm, duration_h)
    return rain.scaled(climate.rain_factor)


def _check_rain_ends(spec: ScenarioSpec, rain: Hyetograph | None) -> None:
    """Refuse a run that ends while it rains: it would show less water than the event brings."""
    if rain is None or not any(rain.depths_mm):
        return
    ends_s = max(end for end, depth in zip(rain.ends_s, rain.depths_mm, strict=True) if depth > 0)
    if ends_s > spec.duration_s * (1 + 1e-9):
        raise SpecError(
            spec.file,
            "duration_h",
            _(
                "is %(duration_h)s, but it rains until %(ends_s)s h: the rest of the event "
                "would be left out."
            )
            % {
                "duration_h": numbers.general(spec.duration_h),
                "ends_s": numbers.general(ends_s / 3600),
            },
            remedy=_("Simulate at least that long, better until the water has come to rest."),
        )


def _buildings(spec: ScenarioSpec, sources: Sources, grid: Grid) -> tuple[NDArray[np.int32], int]:
    if spec.buildings is None:
        return np.zeros((grid.rows, grid.cols), np.int32), 0
    return building_cells(spec.buildings.place, sources, grid)


def _terrain(
    spec: ScenarioSpec,
    sources: Sources,
    ground: GroundModel,
    parts: tuple[NDArray[np.int32], NDArray[np.bool_]],
) -> flood.Terrain:
    buildings, sea = parts
    bed = ground.bed
    if spec.buildings is not None and buildings.any():
        bed = flood.raise_blocks(bed, buildings > 0, spec.buildings.raise_m)
    roughness = cell_values(spec.roughness, sources, ground.grid)
    land = ~sea & ~ground.mask
    return flood.Terrain(
        bed,
        roughness,
        ground.grid.dx_m,
        mask=ground.mask | (sea & ~grown(land, SEA_CELLS_OFF_LAND)),
    )


def _sea_cells(spec: ScenarioSpec, sources: Sources, ground: GroundModel) -> NDArray[np.bool_]:
    """Return the cells held at sea level; by ground level only those joined to the border."""
    sea = spec.sea
    if sea is None:
        return np.zeros_like(ground.mask)
    if sea.place is not None:
        shapes = [area.geometry for area in sources.areas(sea.place, "", ground.grid)]
        cells = covered_cells(shapes, ground.grid)
    else:
        cells = touching_border((ground.bed < cast("float", sea.below_m)) & ~ground.mask)
    if not (cells & ~ground.mask).any():
        raise TerrainError(
            _("The sea of this scenario covers no cell of the terrain."),
            remedy=_("Check the layer of the sea or the level below which a cell is sea."),
        )
    return cells & ~ground.mask


def _forcing(
    spec: ScenarioSpec,
    sources: Sources,
    ground: GroundModel,
    parts: tuple[flood.Terrain, NDArray[np.bool_], Hyetograph | None, Climate],
) -> flood.Forcing:
    terrain, sea, rain, climate = parts
    held = None
    if spec.sea is not None:
        held = flood.StageCells(
            cells=sea & ~terrain.walls, level=spec.sea.level_m + climate.sea_level_rise_m
        )
    return flood.Forcing(
        rain=None
        if rain is None
        else flood.Rain(edges_s=rain.edges_s, intensity_mm_h=rain.intensities_mm_h),
        runoff_coefficient=cell_values(spec.runoff, sources, ground.grid),
        inflows=tuple(_inflow(inflow, terrain, ground.grid) for inflow in spec.inflows),
        edges=flood.Edges(**{side: _edge(edge) for side, edge in spec.edges.items()}),
        stage_cells=held,
    )


def _edge(edge: EdgeSpec) -> flood.Closed | flood.FreeOutflow | flood.FixedStage:
    if edge.kind == EdgeKind.STAGE:
        return flood.FixedStage(edge.level_m)
    return flood.FreeOutflow() if edge.kind == EdgeKind.OPEN else flood.Closed()


def _inflow(inflow: InflowSpec, terrain: flood.Terrain, grid: Grid) -> flood.Inflow:
    """Return an inflow on its cells; the solver measures from the south-west corner."""
    west, south, _east, _north = grid.bounds
    corners = [(east - west, north - south) for east, north in inflow.line]
    try:
        cells = _inflow_cells(corners, inflow.radius_m, terrain)
    except flood.InvalidFloodInput as error:
        raise SolverError(
            _("The inflow '%(inflow)s' lies outside the terrain.") % {"inflow": inflow.name},
            remedy=_("The terrain covers %(names)s (west, south, east, north).")
            % {"names": ", ".join(f"{edge:g}" for edge in grid.bounds)},
        ) from error
    graph = flood.Hydrograph(times_s=inflow.times_s, discharge_m3s=inflow.discharge_m3s)
    return flood.Inflow(cells=cells, hydrograph=graph, name=f"The inflow '{inflow.name}'")


def _inflow_cells(
    corners: list[tuple[float, float]], radius_m: float, terrain: flood.Terrain
) -> tuple[NDArray[Any], NDArray[Any]]:
    if len(corners) == 1:
        return flood.cells_in_disc(terrain, *corners[0], radius_m)
    under = [
        np.ravel_multi_index(flood.cells_on_line(terrain, start, end), terrain.shape)
        for start, end in pairwise(corners)
    ]
    rows, cols = np.unravel_index(np.unique(np.concatenate(under)), terrain.shape)
    return rows, cols


def _settings(spec: ScenarioSpec) -> flood.Settings:
    stated = {
        name: getattr(spec.numerics, name)
        for name in ("theta", "alpha", "dt_max_s")
        if getattr(spec.numerics, name) is not None
    }
    return flood.Settings(
        duration_s=spec.duration_s,
        dtype=cast("Literal['float32', 'float64']", spec.numerics.dtype),
        debris=flood.DebrisMode(spec.debris),
        **stated,
    )


def _assumptions(
    spec: ScenarioSpec, climate: Climate, made: str, building_count: int
) -> Iterator[Assumption]:
    yield Assumption(
        kind=AssumptionKind.TERRAIN,
        value=str(spec.terrain.place),
        source=made or "How this terrain was made is not stated.",
    )
    yield from _rain_assumptions(spec, climate)
    for kind, cells, unit in (
        (AssumptionKind.ROUGHNESS, spec.roughness, "s m-1/3"),
        (AssumptionKind.RUNOFF, spec.runoff, "-"),
    ):
        overruled = ", ".join(str(areas.place) for areas in cells.areas)
        yield Assumption(
            kind=kind,
            value=f"{cells.default:g}" + (f" ({overruled})" if overruled else ""),
            unit=unit,
            basis=cells.ground.basis,
            source=cells.ground.source,
        )
    yield from _structure_assumptions(spec, building_count)
    yield Assumption(
        kind=AssumptionKind.CLASSES,
        value="H0-H4",
        source="flood_classes.csv: by depth, or depth x velocity, whichever is worse",
    )
    if spec.min_area_m2:
        yield Assumption(
            kind=AssumptionKind.SMALL_AREAS,
            value=f"{spec.min_area_m2:g}",
            unit="m2",
            source="min_area_m2 of the scenario",
        )


def _rain_assumptions(spec: ScenarioSpec, climate: Climate) -> Iterator[Assumption]:
    rain = spec.rain
    if isinstance(rain, DesignStorm):
        table = design_rain(rain.table)
        depth = table.depth_mm(rain.duration_h, rain.return_period_years)
        yield Assumption(
            kind=AssumptionKind.RAIN,
            value=f"{depth:.1f} mm, {rain.duration_h:g} h, {rain.pattern}, {rain.step_min:g} min",
            basis=table.basis,
            source=table.source,
        )
        yield Assumption(
            kind=AssumptionKind.RETURN_PERIOD,
            value=f"{rain.return_period_years:g}",
            unit="years",
            basis=table.basis,
            source=table.title_en,
        )
    elif rain is not None:
        value = (
            f"{rain.depth_mm:g} mm, {rain.duration_h:g} h"
            if isinstance(rain, SteadyRain)
            else Path(rain.file).name
        )
        yield Assumption(
            kind=AssumptionKind.RAIN,
            value=value,
            basis=rain.ground.basis,
            source=rain.ground.source,
        )
    yield Assumption(
        kind=AssumptionKind.CLIMATE,
        value=f"{climate.code}: x {climate.rain_factor:g}",
        basis=climate.basis,
        source=climate.source,
    )


def _structure_assumptions(spec: ScenarioSpec, building_count: int) -> Iterator[Assumption]:
    if spec.sea is not None:
        climate = climate_named(spec.climate)
        level = spec.sea.level_m + climate.sea_level_rise_m
        yield Assumption(
            kind=AssumptionKind.SEA_LEVEL,
            value=f"{level:.2f} ({spec.sea.level_m:g} + {climate.sea_level_rise_m:g})",
            unit="m",
            basis=spec.sea.ground.basis,
            source=f"{spec.sea.ground.source}; {climate.source}",
        )
    if spec.buildings is not None:
        yield Assumption(
            kind=AssumptionKind.BUILDINGS,
            value=f"{building_count:,} x +{spec.buildings.raise_m:g}",
            unit="m",
            basis=spec.buildings.ground.basis,
            source=spec.buildings.ground.source or str(spec.buildings.place),
        )
    for inflow in spec.inflows:
        yield Assumption(
            kind=AssumptionKind.INFLOW,
            value=f"{inflow.name}: {max(inflow.discharge_m3s):g}",
            unit="m3/s",
            basis=inflow.ground.basis,
            source=inflow.ground.source,
        )
    sides = {side: spec.edges.get(side, EdgeSpec()) for side in ("north", "south", "west", "east")}
    yield Assumption(
        kind=AssumptionKind.EDGES,
        value=", ".join(f"{side}: {_edge_text(edge)}" for side, edge in sides.items()),
        source="edges of the scenario",
    )


def _edge_text(edge: EdgeSpec) -> str:
    return f"{edge.level_m:g} m" if edge.kind == EdgeKind.STAGE else edge.kind.value
