"""Reads a scenario file. An error names the file and the key, and says what would be right."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from layers.classes import read_table
from scenarios.errors import SpecError
from scenarios.flood.hazard import DebrisMode
from scenarios.rainfall import MAX_INTENSITY_MM_H, climate_named, design_rain
from scenarios.sections import Section
from scenarios.spec import (
    Areas,
    BuildingSpec,
    CellValue,
    DesignStorm,
    EdgeSpec,
    Ground,
    InflowSpec,
    Numerics,
    Place,
    RainEvent,
    RainSeries,
    ScenarioSpec,
    SeaSpec,
    SteadyRain,
    TerrainSpec,
)
from scenarios.spec_file import load_scenario_text
from scenarios.storms import PATTERNS, step_count
from scenarios.vocab import EdgeKind, Quantity

# The widest ranges in which a value can be meant: beyond them it is a slip or another unit.
MANNING = (0.005, 1.0)  # glass 0.010 to dense mangrove and buildings 0.5; Chow (1959), table 5-6
SHARE = (0.0, 1.0)
LEVEL_M = (-100.0, 9000.0)
DISCHARGE_M3S = (0.0, 500_000.0)  # the Amazon carries 300,000 m3/s
STORM_H = (0.0, 24.0)
RUN_H = (1e-3, 24.0 * 60)
RAIN_MM = (0.0, 2000.0)  # 1,825 mm fell in 24 h at Foc-Foc, La Reunion, 1966 (WMO records)

# Tables of the fixtures that give a value by class: name, column of the class, of the value.
VALUE_TABLES = {"runoff_coefficients": ("surface_or_zone", "c")}


def read_spec(path: Path) -> ScenarioSpec:
    """Read a scenario from a YAML file; paths in it are relative to it.

    Raises
    ------
    SpecError
        The file, the key, what is wrong and what would be right.
    """
    if not path.is_file():
        raise SpecError(
            path.name,
            "",
            _("there is no such file in %(parent)s.") % {"parent": path.resolve().parent},
            remedy=_("Give the path of a scenario file, e.g. scenarios/storm-100y-6h.yaml."),
        )
    return spec_from(load_scenario_text(path), file=path.name, folder=path.resolve().parent)


def spec_from(stated: Any, *, file: str, folder: Path) -> ScenarioSpec:  # noqa: ANN401 - YAML
    """Return the scenario that a mapping states.

    Raises
    ------
    SpecError
        As :func:`read_spec`.
    """
    if not isinstance(stated, Mapping):
        raise SpecError(
            file,
            "",
            _("holds no keys."),
            remedy=_("Write a scenario; see docs/scenario-format.md."),
        )
    top = Section(file, folder, stated)
    spec = ScenarioSpec(
        code=_code(top),
        title_en=top.text("title_en"),
        title_km=top.text("title_km", ""),
        terrain=_terrain(top.section("terrain")),
        window=_window(top),
        roughness=_cell_value(top.section("roughness"), MANNING),
        runoff=_runoff(top),
        buildings=_buildings(top),
        rain=_rain(top),
        climate=_climate(top),
        inflows=tuple(_inflow(each) for each in top.sections("inflows")),
        edges=_edges(top),
        sea=_sea(top),
        duration_h=top.number("duration_h", *RUN_H),
        numerics=_numerics(top),
        debris=top.choice("debris", [mode.value for mode in DebrisMode], "urban"),
        min_area_m2=top.number("min_area_m2", 0, 1e6, 0.0),
        validation=top.text("validation", ""),
        publish=top.flag("publish", default=True),
        file=file,
        stated=dict(stated),
    )
    top.close()
    _needs_water(spec, top)
    return spec


def _code(top: Section) -> str:
    code = top.text("code")
    if not (code.replace("-", "").isalnum() and code.isascii() and code[:1].isalpha()):
        raise top.error(
            "code", f"is {code!r}.", "Begin with a letter; use letters, digits and hyphens."
        )
    if len(code) > 40 or code != code.lower():  # noqa: PLR2004 - layer names hold 60 characters
        raise top.error("code", f"is {code!r}.", "Use at most 40 small letters and digits.")
    if taken := [quantity for quantity in Quantity if code.endswith(f"-{quantity.value}")]:
        raise top.error(
            "code", f"is {code!r}; '-{taken[0].value}' closes the name of a grid's layer.",
            "Choose another ending.",
        )  # fmt: skip
    return code


def _needs_water(spec: ScenarioSpec, top: Section) -> None:
    stages = [edge for edge in spec.edges.values() if edge.kind == EdgeKind.STAGE]
    if spec.rain is None and not spec.inflows and spec.sea is None and not stages:
        raise top.error(
            "event", "is missing, and nothing else brings water.",
            "State an event (rain), inflows, a sea or a side held at a level.",
        )  # fmt: skip


def _place(part: Section) -> Place:
    """Read 'layer: slug', or 'file: path' with an optional 'file_layer'."""
    if part.has("layer") == part.has("file"):
        raise part.error(
            "layer", "and 'file' exclude each other and one is needed.",
            "Name a layer of the catalogue, or a file beside the scenario file.",
        )  # fmt: skip
    if part.has("layer"):
        return Place(layer=part.text("layer"))
    return Place(file=part.path_of("file"), file_layer=part.text("file_layer", ""))


def _ground(part: Section, *, needed: bool = True) -> Ground:
    source = part.text("source") if needed else part.text("source", "")
    return Ground(basis=part.basis(), source=source)


def _terrain(part: Section) -> TerrainSpec:
    stated = part.value("nodata", "")
    is_none = stated == "none"
    is_open = isinstance(stated, str) and stated in {"", "none"}
    nodata = None if is_open else part.checked_number("nodata", stated, -1e39, 1e39)
    terrain = TerrainSpec(
        place=_place(part), made=part.text("made", ""), nodata=nodata, has_no_nodata=is_none
    )
    part.close()
    return terrain


def _window(top: Section) -> tuple[float, float, float, float] | None:
    if not top.has("window"):
        return None
    west, south, east, north = top.numbers("window", 4)
    if not (west < east and south < north):
        raise top.error(
            "window", f"is [{west:g}, {south:g}, {east:g}, {north:g}].",
            "Write [west, south, east, north] in metres of the terrain's coordinates.",
        )  # fmt: skip
    return west, south, east, north


def _cell_value(part: Section, limits: tuple[float, float]) -> CellValue:
    found = CellValue(
        default=part.number("default", *limits),
        limits=limits,
        ground=_ground(part),
        areas=tuple(_areas(each, limits) for each in part.sections("areas")),
    )
    part.close()
    return found


def _areas(part: Section, limits: tuple[float, float]) -> Areas:
    if not part.has("attribute") and not part.has("value"):
        raise part.error("attribute", "is missing.", "State 'attribute', or one 'value' for all.")
    areas = Areas(
        place=_place(part),
        attribute=part.text("attribute", ""),
        value=part.optional_number("value", *limits),
        values=_values(part, limits),
    )
    part.close()
    return areas


def _values(part: Section, limits: tuple[float, float]) -> dict[str, float]:
    """Read the value of each class: a mapping, or the name of a table of the fixtures."""
    stated = part.value("values", {})
    if isinstance(stated, str):
        name = part.choice("values", VALUE_TABLES)
        key, column = VALUE_TABLES[name]
        return {row[key]: float(row[column]) for row in read_table(name)}
    if not isinstance(stated, Mapping):
        raise part.error("values", f"is {stated!r}.", "Write 'CLASS: number' lines below it.")
    return {
        str(name): part.checked_number(f"values.{name}", value, *limits)
        for name, value in stated.items()
    }


def _runoff(top: Section) -> CellValue:
    part = top.optional_section("runoff")
    if part is None:
        return CellValue(
            default=1.0,
            limits=SHARE,
            ground=Ground(source="Not stated: all rain runs off (the safe side)."),
        )
    return _cell_value(part, SHARE)


def _buildings(top: Section) -> BuildingSpec | None:
    part = top.optional_section("buildings")
    if part is None:
        return None
    found = BuildingSpec(
        place=_place(part),
        raise_m=part.number("raise_m", 0.01, 100),
        ground=_ground(part, needed=False),
    )
    part.close()
    return found


def _rain(top: Section) -> RainEvent | None:
    part = top.optional_section("event")
    if part is None:
        return None
    stated = [key for key in RAIN_READERS if part.has(key)]
    if len(stated) != 1:
        raise part.error(
            "", "needs exactly one kind of rain.", f"One of: {', '.join(RAIN_READERS)}."
        )
    inner = part.section(stated[0])
    part.close()
    rain = RAIN_READERS[stated[0]](inner)
    inner.close()
    return rain


def _design_storm(part: Section) -> DesignStorm:
    storm = DesignStorm(
        table=part.text("table"),
        return_period_years=part.number("return_period_years", 0.1, 100_000),
        duration_h=part.number("duration_h", *STORM_H),
        pattern=part.choice("pattern", PATTERNS, "alternating_block"),
        step_min=part.number("step_min", 0.1, 24 * 60, 5),
    )
    design_rain(storm.table).depth_mm(storm.duration_h, storm.return_period_years)
    step_count(storm.duration_h, storm.step_min)
    return storm


def _rain_series(part: Section) -> RainSeries:
    return RainSeries(file=part.path_of("file"), ground=_ground(part))


def _steady_rain(part: Section) -> SteadyRain:
    rain = SteadyRain(
        depth_mm=part.number("depth_mm", *RAIN_MM),
        duration_h=part.number("duration_h", *RUN_H),
        ground=_ground(part),
    )
    if rain.depth_mm > MAX_INTENSITY_MM_H * rain.duration_h:
        raise part.error(
            "depth_mm", f"is {rain.depth_mm:g} in {rain.duration_h:g} h.",
            f"No gauge ever measured more than {MAX_INTENSITY_MM_H:g} mm/h.",
        )  # fmt: skip
    return rain


RAIN_READERS: dict[str, Callable[[Section], RainEvent]] = {
    "design_storm": _design_storm,
    "rain_series": _rain_series,
    "steady_rain": _steady_rain,
}


def _climate(top: Section) -> str:
    return climate_named(top.text("climate", "BASE")).code


def _inflow(part: Section) -> InflowSpec:
    line = _line(part)
    times, flow = _hydrograph(part)
    found = InflowSpec(
        name=part.text("name", "inflow"),
        line=line,
        radius_m=part.number("radius_m", 0, 1e5, 0.0),
        times_s=times,
        discharge_m3s=flow,
        ground=_ground(part),
    )
    part.close()
    return found


def _line(part: Section) -> tuple[tuple[float, float], ...]:
    if part.has("point") == part.has("line"):
        raise part.error("point", "or 'line' is needed, not both.", "Write point: [east, north].")
    if part.has("point"):
        east, north = part.numbers("point", 2)
        return ((east, north),)
    corners = part.value("line")
    if not isinstance(corners, list) or len(corners) < 2:  # noqa: PLR2004 - a line has two ends
        raise part.error("line", f"is {corners!r}.", "Write [[east, north], [east, north]].")
    found = [part.checked_numbers("line", corner, 2) for corner in corners]
    return tuple((east, north) for east, north in found)


def _hydrograph(part: Section) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Read a steady 'discharge_m3s', or a 'hydrograph' of [minute, m3/s] pairs."""
    if part.has("discharge_m3s") == part.has("hydrograph"):
        raise part.error(
            "discharge_m3s", "or 'hydrograph' is needed, not both.", "State one of them."
        )
    if part.has("discharge_m3s"):
        flow = part.number("discharge_m3s", *DISCHARGE_M3S)
        return (0.0, RUN_H[1] * 3600), (flow, flow)
    stated = part.value("hydrograph")
    if not isinstance(stated, list):
        raise part.error("hydrograph", f"is {stated!r}.", "Write [[minute, m3/s], [60, 3.5]].")
    pairs = [part.checked_numbers("hydrograph", pair, 2) for pair in stated]
    times = tuple(minute * 60 for minute, _flow in pairs)
    if len(pairs) < 2 or any(b <= a for a, b in pairwise(times)):  # noqa: PLR2004
        raise part.error("hydrograph", "does not run forward in time.", "Sort it by minute.")
    flows = tuple(part.checked_number("hydrograph", q, *DISCHARGE_M3S) for _minute, q in pairs)
    return times, flows


def _edges(top: Section) -> dict[str, EdgeSpec]:
    part = top.optional_section("edges")
    if part is None:
        return {}
    found = {side: _edge(part, side) for side in ("north", "south", "west", "east")}
    part.close()
    return found


def _edge(part: Section, side: str) -> EdgeSpec:
    """Read 'closed', 'open', or 'stage: level'."""
    stated = part.value(side, "closed")
    if isinstance(stated, Mapping):
        inner = part.section(side)
        level = inner.number("stage", *LEVEL_M)
        inner.close()
        return EdgeSpec(kind=EdgeKind.STAGE, level_m=level)
    return EdgeSpec(kind=EdgeKind(part.choice(side, ["closed", "open"], "closed")))


def _sea(top: Section) -> SeaSpec | None:
    part = top.optional_section("sea")
    if part is None:
        return None
    has_place = part.has("layer") or part.has("file")
    below = part.optional_number("below_m", *LEVEL_M)
    if has_place == (below is not None):
        raise part.error(
            "below_m", "or a layer of the sea is needed, not both.",
            "Name the layer, or give the ground level below which a cell is sea.",
        )  # fmt: skip
    found = SeaSpec(
        level_m=part.number("level_m", *LEVEL_M),
        ground=_ground(part),
        place=_place(part) if has_place else None,
        below_m=below,
    )
    part.close()
    return found


def _numerics(top: Section) -> Numerics:
    part = top.optional_section("numerics")
    if part is None:
        return Numerics()
    found = Numerics(
        dtype=part.choice("dtype", ["float32", "float64"], "float32"),
        theta=part.optional_number("theta", 0.7, 1.0),
        alpha=part.optional_number("alpha", 0.1, 0.9),
        dt_max_s=part.optional_number("dt_max_s", 0.001, 600),
    )
    part.close()
    return found
