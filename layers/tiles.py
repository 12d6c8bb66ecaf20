"""Vector tiles: a layer version cut into web-map squares by PostGIS.

A published version never changes, so a tile is made once, kept in the file cache, and may be kept
by browsers for good: the version is part of its address.
"""

import gzip
import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, crs_of, project_extent, transformer
from layers.errors import NotFoundError, UserFacingError
from layers.generalised.building import (
    TOP_ZOOM,
    colour_property,
    is_kept,
    keeps_everything,
    low_zoom_parameters,
    low_zoom_sql,
    recipe_of,
)
from layers.generalised.dense import DENSE_ZOOMS, dense_recipe, dense_tile_sql
from layers.generalised.drawn import kept_drawing
from layers.models import Layer, LayerVersion
from layers.names import name_properties
from layers.prepared import rows_of
from layers.sql_files import load_sql
from layers.stamps import version_stamp
from layers.tile_files import kept, kept_or_drawn
from layers.tile_filters import EVERYTHING, TileFilter
from layers.vocab import VersionState

MAX_ZOOM = 22
# Mapbox vector tile specification 2.1: the usual grid of 4096 and a margin that hides seams.
GRID_CELLS = 4096
MARGIN_CELLS = 64
# A vector tile is drawn 512 screen pixels wide.
TILE_PIXELS = 512
SIMPLIFY_UP_TO_ZOOM = 15
SIMPLIFY_PIXELS = 0.35
# Up to here a low zoom is drawn from the features themselves; above, from what is made once.
MOST_FEATURES_DRAWN_WHOLE = 5_000
# What has no more corners than this is not simplified: nothing would be saved.
FEW_POINTS = 10
# Large tiles are packed fast: a tenth larger, in a quarter of the time.
GZIP_LEVEL, FAST_GZIP_LEVEL = 6, 1
PACKED_FAST_FROM = 100_000
WEB_EQUATOR_M = 40_075_016.68557849  # 2 pi times 6,378,137 m, the sphere of web maps
# A CRS is used a little beyond its official area; much further its numbers mean nothing.
AREA_MARGIN_DEG = 6.0
LOWEST_ZOOM_WITH_BOUNDS = 6


@dataclass(frozen=True, slots=True)
class Tile:
    """A square of the web map: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        side = 2**self.z if 0 <= self.z <= MAX_ZOOM else 0
        if not (0 <= self.x < side and 0 <= self.y < side):
            raise UserFacingError(
                _("There is no map tile %(tile)s.") % {"tile": f"{self.z}/{self.x}/{self.y}"},
                remedy=_("Zoom runs from 0 to %(zoom)s; column and row from 0 to 2^zoom - 1.")
                % {"zoom": MAX_ZOOM},
            )

    @classmethod
    def holding(cls, z: int, longitude: float, latitude: float) -> "Tile":
        """Return the tile of a zoom that holds a point [degrees]."""
        side = 2**z
        column = int((longitude + 180.0) / 360.0 * side)
        stretched = math.asinh(math.tan(math.radians(min(max(latitude, -85.0), 85.0))))
        row = int((1 - stretched / math.pi) / 2 * side)
        return cls(z, min(max(column, 0), side - 1), min(max(row, 0), side - 1))

    @property
    def wgs84_extent(self) -> Extent:
        """West, south, east, north [degrees]."""
        side = 2**self.z
        west, east = (360.0 * column / side - 180.0 for column in (self.x, self.x + 1))
        north, south = (_latitude(row / side) for row in (self.y, self.y + 1))
        return west, south, east, north

    @property
    def pixel_m(self) -> float:
        """Width of a screen pixel on the ground at the middle of the tile [m]."""
        _west, south, _east, north = self.wgs84_extent
        narrowing = math.cos(math.radians((south + north) / 2))
        return WEB_EQUATOR_M * narrowing / float(2**self.z * TILE_PIXELS)


def _latitude(share_from_north: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * share_from_north))))


def ground_extent(tile: Tile) -> Extent | None:
    """Return the extent in PROJECT_SRID [m] that covers a tile with its margin.

    None where the tile lies outside the area the CRS is made for: nothing can be stored there.
    """
    if tile.z < LOWEST_ZOOM_WITH_BOUNDS:
        return project_extent()
    area = crs_of(PROJECT_SRID).area_of_use
    if area is None:
        return project_extent()
    west, south, east, north = _with_margin(tile.wgs84_extent)
    west, east = max(west, area.west - AREA_MARGIN_DEG), min(east, area.east + AREA_MARGIN_DEG)
    south = max(south, area.south - AREA_MARGIN_DEG, -89.0)
    north = min(north, area.north + AREA_MARGIN_DEG, 89.0)
    if west >= east or south >= north:
        return None
    to_ground = transformer(crs_of(WGS84_SRID), crs_of(PROJECT_SRID))
    bounds = to_ground.transform_bounds(west, south, east, north, densify_pts=21)
    return bounds if all(map(math.isfinite, bounds)) else project_extent()


def _with_margin(extent: Extent) -> Extent:
    west, south, east, north = extent
    x = (east - west) * MARGIN_CELLS / GRID_CELLS
    y = (north - south) * MARGIN_CELLS / GRID_CELLS
    return west - x, south - y, east + x, north + y


def published_state(layer: Layer, number: int) -> LayerVersion:
    """Return a version of a layer that is or was published."""
    version = layer.versions.filter(number=number).exclude(state=VersionState.DRAFT).first()
    if version is None:
        raise NotFoundError(
            _("Layer '%(slug)s' has no published version %(number)s.")
            % {"slug": layer.slug, "number": number},
            remedy=_("Its published version is %(number)s.") % {"number": layer.published_number},
        )
    return version


def tile_tag(
    version: LayerVersion,
    tile: Tile,
    asked: TileFilter = EVERYTHING,
    *,
    is_made: bool | None = None,
) -> str:
    """Return the name under which a tile of a version is cached, here and in browsers.

    It tells apart who may see it, the version, what was asked for, and of large layers whether
    the low zooms were made already (``is_made``, looked up unless the caller just did). It does
    not depend on the language.
    """
    parts = [version_stamp(version), version.layer.visibility, recipe_of(version.layer)]
    parts += [str(version.number), f"{tile.z}-{tile.x}-{tile.y}", repr(asked)]
    if tile.z <= TOP_ZOOM and asked.is_everything and is_heavy(version):
        is_made = is_kept(version) if is_made is None else is_made
        parts.append("kept" if is_made else "direct")
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def vector_tile(
    version: LayerVersion, tile: Tile, *, has_label: bool = False, asked: TileFilter = EVERYTHING
) -> bytes:
    """Return a tile of a layer version (Mapbox vector tile 2.1); empty where nothing stands.

    The tile holds one layer, named by the slug; each feature carries its identifier, class,
    names and the property that colours it, no more: the rest is told on click. With ``has_label``
    a second layer ``<slug>-label`` holds a point for each name. At low zooms of a large layer a
    feature with ``generalised`` stands for so many parts that are too small to be drawn.
    """
    packed = packed_vector_tile(version, tile, has_label=has_label, asked=asked)
    return gzip.decompress(packed) if packed else b""


def packed_vector_tile(
    version: LayerVersion,
    tile: Tile,
    *,
    has_label: bool = False,
    asked: TileFilter = EVERYTHING,
    before_drawing: Callable[[], object] | None = None,
) -> bytes:
    """Return the same tile compressed with gzip, as it is kept; empty where nothing stands.

    ``before_drawing`` is called when it is not kept yet.
    """

    def draw() -> bytes:
        if before_drawing is not None:
            before_drawing()
        drawing = None
        if asked.is_everything and not has_label and is_heavy(version):
            drawing = kept_drawing(version, tile)
        if drawing is not None:
            return drawing
        return as_sent(drawn_tile(version, tile, has_label=has_label, asked=asked))

    return kept_or_drawn(_file_name(tile_tag(version, tile, asked), has_label=has_label), draw)


def kept_tile(tag: str, *, has_label: bool) -> bytes | None:
    """Return the tile of a tag (:func:`tile_tag`) if its file is kept: nothing is drawn."""
    return kept(_file_name(tag, has_label=has_label))


def _file_name(tag: str, *, has_label: bool) -> str:
    return f"mvt-{tag}-{has_label:d}"


def as_sent(drawn: bytes) -> bytes:
    """Return a tile packed with gzip; an empty one stays empty."""
    level = GZIP_LEVEL if len(drawn) < PACKED_FAST_FROM else FAST_GZIP_LEVEL
    return gzip.compress(drawn, compresslevel=level, mtime=0) if drawn else b""


def is_heavy(version: LayerVersion) -> bool:
    """Tell whether a version holds too much to be drawn whole in the tiles of low zooms."""
    return version.feature_count > MOST_FEATURES_DRAWN_WHOLE


def drawn_tile(
    version: LayerVersion, tile: Tile, *, has_label: bool = False, asked: TileFilter = EVERYTHING
) -> bytes:
    """Return a tile as it is drawn now, neither taken from what is kept nor kept."""
    ground = ground_extent(tile)
    if ground is None:
        return b""
    parameters = tile_parameters(version, tile, ground, asked)
    if asked.is_everything and is_heavy(version):
        if tile.z <= TOP_ZOOM:
            from_afar = _low_zoom(version, tile, parameters | {"has_label": has_label})
            if from_afar is not None:
                return from_afar
        shapes = _dense_tile(version, tile, parameters)
    else:
        shapes = None
    if shapes is None:
        sql = sql_with_shapes(load_sql(__file__, "vector_tile.sql"))
        shapes = _cut_as_planned("krong_vector_tile", sql, parameters) or b""
    labels = _cut(load_sql(__file__, "label_tile.sql"), parameters) if has_label else None
    return shapes + (labels or b"")


def _low_zoom(version: LayerVersion, tile: Tile, parameters: dict[str, Any]) -> bytes | None:
    """Return the tile out of what is kept for low zooms; None where that is not made."""
    more = low_zoom_parameters(version.layer, tile.z) | {"recipe": recipe_of(version.layer)}
    return _cut(low_zoom_sql(), parameters | more)


def _dense_tile(version: LayerVersion, tile: Tile, parameters: dict[str, Any]) -> bytes | None:
    """Return the tile out of shapes that were cut once; None where they were not."""
    if tile.z not in DENSE_ZOOMS:
        return None
    more = {"recipe": dense_recipe(version)}
    return _cut_as_planned("krong_dense_tile", dense_tile_sql(), parameters | more)


def sql_with_shapes(sql: str) -> str:
    """Return an SQL text with the shapes of a square in the place left for them."""
    return sql.replace("{shapes}", load_sql(__file__, "tile_shapes.sql"))


def tile_parameters(
    version: LayerVersion, tile: Tile, ground: Extent, asked: TileFilter = EVERYTHING
) -> dict[str, Any]:
    """Return what the SQL of a tile takes."""
    layer, names = version.layer, name_properties(version)
    pixel_m = tile.pixel_m if tile.z <= SIMPLIFY_UP_TO_ZOOM else 0.0
    return {
        "layer_id": layer.pk,
        "slug": layer.slug,
        "since": 0,
        "version": version.number,
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
        "grid": GRID_CELLS,
        "margin": MARGIN_CELLS,
        "name_km": names.km,
        "name_en": names.en,
        "name": names.other,
        "colour_property": colour_property(layer),
        "keeps_everything": keeps_everything(layer),
        "srid": PROJECT_SRID,
        "pixel_m": pixel_m,
        "widens": keeps_everything(layer) or tile.z <= TOP_ZOOM,
        "few_points": FEW_POINTS,
        "tolerance_m": SIMPLIFY_PIXELS * pixel_m,
        **asked.as_parameters(),
        **dict(zip(("west", "south", "east", "north"), ground, strict=True)),
    }


# What the parameters of a planned tile are to the database.
_TYPES = {
    "bigint": ("layer_id",),
    "int": ("since", "version", "z", "x", "y", "grid", "margin", "srid", "few_points"),
    "float8": ("pixel_m", "tolerance_m", "west", "south", "east", "north"),
    "text": ("slug", "name_km", "name_en", "name", "colour_property", "recipe"),
    "bool": ("keeps_everything", "widens"),
    "bigint[]": ("classes",),
    "text[]": ("lifecycles",),
    "jsonb": ("properties",),
}


def _cut_as_planned(name: str, sql: str, parameters: dict[str, Any]) -> bytes | None:
    """Return the same as :func:`_cut`; the session plans the statement only once."""
    given = {
        parameter: (kind, parameters[parameter])
        for kind, names in _TYPES.items()
        for parameter in names
        if parameter in parameters
    }
    rows = rows_of(name, sql, given)
    return None if not rows else bytes(next(iter(rows[0].values())) or b"")


def _cut(sql: str, parameters: dict[str, Any]) -> bytes | None:
    """Return the tile that an SQL makes; None where it finds nothing to make it from."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        row = cursor.fetchone()
    return None if row is None else bytes(row[0] or b"")
