"""What is here: every published feature and grid value at a point, in one query.

Silence is told apart: a layer with nothing at the point says whether it was surveyed there. Only
then is "nothing" an answer; otherwise nobody knows.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import rasterio
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _
from rasterio.windows import Window

from layers.crs import (
    PROJECT_SRID,
    WGS84_SRID,
    coordinate_function,
    project_extent,
)
from layers.errors import UserFacingError
from layers.models import Layer
from layers.prepared import rows_of
from layers.sql_files import load_sql
from layers.tiles import MAX_ZOOM, WEB_EQUATOR_M

# A finger or a mouse lands within this many screen pixels of a point or a line.
REACH_PIXELS = 8
MAP_TILE_PIXELS = 256
MOST_FEATURES_PER_LAYER = 25


@dataclass(frozen=True, slots=True)
class Place:
    """A point of the map and how far a click reaches."""

    longitude: float
    latitude: float
    easting: float
    northing: float
    reach_m: float


@dataclass(frozen=True, slots=True)
class FoundFeature:
    """A feature at the point, as the database holds it."""

    stable_id: str
    lifecycle: str
    properties: Mapping[str, Any]
    distance_m: float
    class_code: str | None
    class_name_km: str
    class_name_en: str
    class_colour: str


@dataclass(frozen=True, slots=True)
class GridValue:
    """What a raster holds at the point; None where it holds nothing."""

    quantity: str
    units: str
    vertical_datum: str
    value: float | None


@dataclass(slots=True)
class LayerAnswer:
    """What one layer says about the point."""

    slug: str
    version: int
    was_surveyed: bool
    features: list[FoundFeature] = field(default_factory=list)
    has_more: bool = False
    grid: GridValue | None = None


def place(*, longitude: float, latitude: float, zoom: float) -> Place:
    """Return the point in the project's CRS with the reach of a click at that zoom."""
    sound = math.isfinite(longitude) and math.isfinite(latitude) and math.isfinite(zoom)
    if sound and abs(latitude) <= 85 and abs(longitude) <= 180:  # noqa: PLR2004 - web map's world
        easting, northing = coordinate_function(WGS84_SRID, PROJECT_SRID)(longitude, latitude)
        west, south, east, north = project_extent()
        if west <= easting <= east and south <= northing <= north:
            scale = math.cos(math.radians(latitude)) / 2 ** min(max(zoom, 0.0), float(MAX_ZOOM))
            reach_m = REACH_PIXELS * WEB_EQUATOR_M / MAP_TILE_PIXELS * scale
            return Place(longitude, latitude, float(easting), float(northing), reach_m)
    raise UserFacingError(
        _("The point %(lon)s, %(lat)s lies outside the area of this map.")
        % {"lon": longitude, "lat": latitude},
        remedy=_("Give lon, lat in degrees and z, the zoom: lon=103.53&lat=10.61&z=15."),
    )


def what_is_at(where: Place, layers: Iterable[Layer]) -> list[LayerAnswer]:
    """Return what each of these layers says about a point, by theme and name."""
    given = {
        "x": ("float8", where.easting),
        "y": ("float8", where.northing),
        "srid": ("int", PROJECT_SRID),
        "reach_m": ("float8", where.reach_m),
        "layer_ids": ("bigint[]", [layer.pk for layer in layers]),
        "limit": ("bigint", MOST_FEATURES_PER_LAYER + 1),
    }
    rows = rows_of("krong_what_is_at", load_sql(__file__, "what_is_at.sql"), given)
    answers: dict[str, LayerAnswer] = {}
    for row in rows:
        _add(answers, row, where)
    return list(answers.values())


def _add(answers: dict[str, LayerAnswer], row: dict[str, Any], where: Place) -> None:
    answer = answers.get(row["slug"])
    if answer is None:
        answer = LayerAnswer(row["slug"], row["version"], row["was_surveyed"])
        answer.grid = _grid_value(row, where) if row["raster_file"] else None
        answers[row["slug"]] = answer
    if row["stable_id"] is None:
        return
    if len(answer.features) == MOST_FEATURES_PER_LAYER:
        answer.has_more = True
        return
    known = {name: row[name] for name in FoundFeature.__slots__}
    known["properties"] = json.loads(row["properties"])
    answer.features.append(FoundFeature(**known))


def _grid_value(row: dict[str, Any], where: Place) -> GridValue:
    value = _cell(row["raster_file"], where, row["raster_nodata"]) if row["in_footprint"] else None
    return GridValue(row["quantity"], row["units"], row["vertical_datum"], value)


def _cell(name: str, where: Place, nodata: float) -> float | None:
    """Return the value of the cell that holds the point, None for no data."""
    with rasterio.open(default_storage.path(name), driver="GTiff") as grid:
        row, column = grid.index(where.easting, where.northing)
        if not (0 <= row < grid.height and 0 <= column < grid.width):
            return None
        value = float(grid.read(1, window=Window(column, row, 1, 1))[0, 0])
        unknown = {nodata} | ({float(grid.nodata)} if grid.nodata is not None else set())
    return None if value in unknown or not math.isfinite(value) else value
