"""What a scenario file says, as frozen records; ``docs/scenario-format.md`` describes them.

Lengths in metres, levels in metres above the terrain's datum, times as their names say.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layers.vocab import Basis
from scenarios.vocab import EdgeKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where data come from: a layer of the catalogue, or a file (with the layer inside it)."""

    layer: str = ""
    file: Path | None = None
    file_layer: str = ""

    def __str__(self) -> str:
        if self.file is None:
            return self.layer
        return f"{self.file.name}:{self.file_layer}" if self.file_layer else self.file.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """On what a number rests."""

    basis: str = Basis.DEMO_VALUE.value
    source: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TerrainSpec:
    """The ground elevation.

    ``nodata`` overrules the file; ``has_no_nodata`` states that every cell is known.
    """

    place: Place
    made: str = ""  # how the terrain was made, shown with every result
    nodata: float | None = None
    has_no_nodata: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Areas:
    """Areas that carry a value: an attribute, one value for all, or a value by attribute."""

    place: Place
    attribute: str = ""
    value: float | None = None
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class CellValue:
    """A number per cell: a default and, in order, areas that overrule it."""

    default: float
    ground: Ground
    limits: tuple[float, float]  # the widest range in which any of the numbers can be meant
    areas: tuple[Areas, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildingSpec:
    """Buildings stand as blocks raised above the ground."""

    place: Place
    raise_m: float
    ground: Ground


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignStorm:
    """A storm of a return period from a design-rain table."""

    table: str
    return_period_years: float
    duration_h: float
    pattern: str
    step_min: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RainSeries:
    """Measured rain from a CSV file."""

    file: Path
    ground: Ground


@dataclass(frozen=True, kw_only=True, slots=True)
class SteadyRain:
    """Rain of one intensity from the beginning."""

    depth_mm: float
    duration_h: float
    ground: Ground


type RainEvent = DesignStorm | RainSeries | SteadyRain


@dataclass(frozen=True, kw_only=True, slots=True)
class InflowSpec:
    """Water that enters at a point, in a disc or along a line, in the terrain's coordinates."""

    name: str
    line: tuple[tuple[float, float], ...]  # one point: a point or a disc
    radius_m: float
    times_s: tuple[float, ...]
    discharge_m3s: tuple[float, ...]
    ground: Ground


@dataclass(frozen=True, kw_only=True, slots=True)
class EdgeSpec:
    """What happens at one side of the model."""

    kind: EdgeKind = EdgeKind.CLOSED
    level_m: float = 0.0  # only for EdgeKind.STAGE


@dataclass(frozen=True, kw_only=True, slots=True)
class SeaSpec:
    """Cells held at a level: those in the areas of a place, or with ground below ``below_m``."""

    level_m: float
    ground: Ground
    place: Place | None = None
    below_m: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Numerics:
    """Choices of the computation; the defaults are the solver's own."""

    dtype: str = "float32"
    theta: float | None = None
    alpha: float | None = None
    dt_max_s: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioSpec:
    """One scenario: an event in a climate, over a terrain."""

    code: str
    title_en: str
    title_km: str
    terrain: TerrainSpec
    roughness: CellValue
    runoff: CellValue
    duration_h: float
    rain: RainEvent | None = None
    climate: str = "BASE"
    window: tuple[float, float, float, float] | None = None  # west, south, east, north
    buildings: BuildingSpec | None = None
    inflows: tuple[InflowSpec, ...] = ()
    edges: Mapping[str, EdgeSpec] = field(default_factory=dict)
    sea: SeaSpec | None = None
    numerics: Numerics = field(default_factory=Numerics)
    debris: str = "urban"
    min_area_m2: float = 0.0
    validation: str = ""  # what the model was compared with; empty: never validated
    publish: bool = True
    file: str = ""  # name of the file it was read from
    stated: Mapping[str, Any] = field(default_factory=dict)  # as read

    @property
    def duration_s(self) -> float:
        """Simulated time [s]."""
        return self.duration_h * 3600.0

    @property
    def return_period_years(self) -> float | None:
        """The return period of the event, where it has one."""
        return self.rain.return_period_years if isinstance(self.rain, DesignStorm) else None

    @property
    def layer_slug(self) -> str:
        """The name of the hazard layer this scenario publishes."""
        return f"flood-{self.code}"
