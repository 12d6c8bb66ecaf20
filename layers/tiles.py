"""Vector tiles: a layer version cut into web-map squares by PostGIS.

A published version never changes, so a tile is made once, kept in the file cache, and may be kept
by browsers for good: the version is part of its address.
"""

import math
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, crs_of, project_extent, transformer
from layers.errors import NotFoundError, UserFacingError
from layers.models import Layer, LayerVersion
from layers.names import name_properties
from layers.sql_files import load_sql
from layers.stamps import version_stamp
from layers.vocab import VersionState

MAX_ZOOM = 22
# Mapbox vector tile specification 2.1: the usual grid of 4096 and a margin that hides seams.
GRID_CELLS = 4096
MARGIN_CELLS = 64
# A vector tile is drawn 512 screen pixels wide.
TILE_PIXELS = 512
SIMPLIFY_UP_TO_ZOOM = 15
SIMPLIFY_PIXELS = 0.35
SMALLEST_PIXELS = 1.0
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


def tile_tag(version: LayerVersion, tile: Tile) -> str:
    """Return the name under which a tile of a version is cached, here and in browsers."""
    return f"{version_stamp(version)}-{version.number}-{tile.z}-{tile.x}-{tile.y}"


def vector_tile(version: LayerVersion, tile: Tile, *, has_label: bool = False) -> bytes:
    """Return a tile of a layer version (Mapbox vector tile 2.1); empty where nothing stands.

    The tile holds one layer, named by the slug; each feature carries its identifier, class,
    names and the property that colours it, no more: the rest is told on click. With ``has_label``
    a second layer ``<slug>-label`` holds a point for each name.
    """
    key = f"mvt-{tile_tag(version, tile)}-{has_label:d}"
    kept = caches["tiles"].get(key)
    if kept is None:
        kept = _drawn(version, tile, has_label=has_label)
        caches["tiles"].set(key, kept)
    return bytes(kept)


def _drawn(version: LayerVersion, tile: Tile, *, has_label: bool) -> bytes:
    ground = ground_extent(tile)
    if ground is None:
        return b""
    layer = version.layer
    names = name_properties(version)
    parameters: dict[str, Any] = {
        "layer_id": layer.pk,
        "slug": layer.slug,
        "has_label": has_label,
        "version": version.number,
        "z": tile.z,
        "x": tile.x,
        "y": tile.y,
        "grid": GRID_CELLS,
        "margin": MARGIN_CELLS,
        "srid": PROJECT_SRID,
        "tolerance_m": SIMPLIFY_PIXELS * tile.pixel_m if tile.z <= SIMPLIFY_UP_TO_ZOOM else 0.0,
        "smallest_m": SMALLEST_PIXELS * tile.pixel_m if tile.z <= SIMPLIFY_UP_TO_ZOOM else 0.0,
        "name_km": names.km,
        "name_en": names.en,
        "name": names.other,
        "colour_property": layer.attribute_schema.get("colours", {}).get("property"),
        **dict(zip(("west", "south", "east", "north"), ground, strict=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "vector_tile.sql"), parameters)
        return bytes(cursor.fetchone()[0] or b"")
