"""The base map as one file: coast, roads and boundaries of the city, read in pieces by browsers.

A PMTiles archive (version 3) is one file that a browser asks for by ranges: the first piece tells
where everything lies, and neighbouring tiles come together. It is made of the public layers of the
base theme as they are published, and its name follows from their versions: after a new version the
old file is no longer shown, and the map falls back to single tiles until the next build.
"""

import gzip
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from layers.errors import UserFacingError
from layers.generalised.building import generalise, recipe_of
from layers.legend import look_of, summary, theme_of
from layers.models import LayerVersion
from layers.stamps import version_stamp
from layers.tiles import GRID_CELLS, MARGIN_CELLS, Tile, drawn_tile, is_heavy
from layers.visibility import visible_versions
from layers.vocab import GeometryKind

LOWEST_ZOOM, HIGHEST_ZOOM = 0, 15
# Below this zoom nothing is left out: a larger city gets fewer zooms rather than a huge file.
LEAST_HIGHEST_ZOOM = 10
MOST_TILES = 6_000
BASE_THEME = "base"
FORMAT = 2
SUFFIX = ".pmtiles"

Echo = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class BaseMap:
    """The file of a base map."""

    name: str
    path: Path
    layers: tuple[str, ...]
    highest_zoom: int


def base_versions() -> list[LayerVersion]:
    """Return the published vector layers of the base theme that everyone may see."""
    return [
        version
        for version in visible_versions(AnonymousUser())
        if theme_of(version.layer).code == BASE_THEME
        and version.layer.geometry_kind != GeometryKind.RASTER
        and summary(version).extent is not None
    ]


def current_basemap() -> BaseMap | None:
    """Return the file that shows the base layers as they are published; None if none is built."""
    versions = base_versions()
    if not versions:
        return None
    described = _described(versions)
    return described if described.path.exists() else None


def _described(versions: list[LayerVersion]) -> BaseMap:
    zoom = highest_zoom(versions)
    made_of = [f"{version_stamp(v)}/{v.layer.slug}/{recipe_of(v.layer)}" for v in versions]
    digest = hashlib.sha256("|".join([f"{FORMAT}/{zoom}", *made_of]).encode()).hexdigest()[:16]
    slugs = tuple(version.layer.slug for version in versions)
    return BaseMap(digest, _folder() / f"{digest}{SUFFIX}", slugs, zoom)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "basemap"


def build_basemap(echo: Echo) -> BaseMap:
    """Write the base map and remove earlier ones; the file appears whole or not at all.

    Raises
    ------
    UserFacingError
        No public layer of the base theme is published.
    """
    versions = base_versions()
    if not versions:
        raise UserFacingError(
            _("There is nothing to make a base map of."),
            remedy=_("Import a public layer of the theme 'base', e.g. roads or boundaries."),
        )
    for version in versions:
        if is_heavy(version):
            generalise(version.layer)
    made = _described(versions)
    made.path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=made.path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, versions, made, echo)
        Path(unfinished).chmod(0o644)
        Path(unfinished).replace(made.path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    for old in made.path.parent.glob(f"*{SUFFIX}"):
        if old != made.path:
            old.unlink()
    return made


def _write(file: Any, versions: list[LayerVersion], made: BaseMap, echo: Echo) -> None:  # noqa: ANN401
    writer: Any = Writer(file)  # type: ignore[no-untyped-call] # pmtiles states no types here
    for z in range(LOWEST_ZOOM, made.highest_zoom + 1):
        tiles = sorted(tiles_of(versions, z), key=lambda tile: zxy_to_tileid(z, tile.x, tile.y))
        for tile in tiles:
            content = _content(versions, tile)
            if content:
                packed = gzip.compress(content, mtime=0)
                writer.write_tile(zxy_to_tileid(z, tile.x, tile.y), packed)
        echo((z + 1) / (made.highest_zoom + 1), f"zoom {z}: {len(tiles)}")
    west, south, east, north = _extent(versions)
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": round(west * 1e7),
        "min_lat_e7": round(south * 1e7),
        "max_lon_e7": round(east * 1e7),
        "max_lat_e7": round(north * 1e7),
        "center_zoom": min(12, made.highest_zoom),
        "center_lon_e7": round((west + east) / 2 * 1e7),
        "center_lat_e7": round((south + north) / 2 * 1e7),
    }
    writer.finalize(header, _metadata(versions, made))


def _content(versions: list[LayerVersion], tile: Tile) -> bytes:
    """Return one tile of all layers: vector tiles set end to end are one vector tile."""
    looks = [(version, look_of(version.layer)[1]) for version in versions]
    return b"".join(
        drawn_tile(version, tile, has_label=look.has_label)
        for version, look in looks
        if tile.z >= look.lowest_zoom
    )


def _metadata(versions: list[LayerVersion], made: BaseMap) -> dict[str, Any]:
    sources = sorted({version.layer.source for version in versions if version.layer.source})
    fields = dict.fromkeys(("stable_id", "class", "name", "name_km", "name_en"), "String")
    return {
        "name": "Krong base map",
        "attribution": "; ".join(sources),
        "vector_layers": [
            {"id": slug, "fields": fields, "minzoom": LOWEST_ZOOM, "maxzoom": made.highest_zoom}
            for slug in made.layers
        ],
    }


def _extent(versions: list[LayerVersion]) -> tuple[float, float, float, float]:
    boxes = [box for version in versions if (box := summary(version).extent)]
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def tiles_of(versions: list[LayerVersion], z: int) -> Iterator[Tile]:
    """Yield the tiles of a zoom that the layers reach, a symbol at their edge included."""
    west, south, east, north = _extent(versions)
    margin_deg = 360.0 / 2**z * MARGIN_CELLS / GRID_CELLS
    first = Tile.holding(z, west - margin_deg, north + margin_deg)
    last = Tile.holding(z, east + margin_deg, south - margin_deg)
    for x in range(first.x, last.x + 1):
        for y in range(first.y, last.y + 1):
            yield Tile(z, x, y)


def highest_zoom(versions: list[LayerVersion]) -> int:
    """Return the highest zoom of the file: closer views enlarge its tiles."""
    west, south, east, north = _extent(versions)
    for z in range(HIGHEST_ZOOM, LEAST_HIGHEST_ZOOM, -1):
        first, last = Tile.holding(z, west, north), Tile.holding(z, east, south)
        if (last.x - first.x + 1) * (last.y - first.y + 1) * 4 / 3 <= MOST_TILES:
            return z
    return LEAST_HIGHEST_ZOOM
