"""The way of a tile past the pages' machinery: a map asks for dozens at every move.

Who may see the layer and which version stands is asked each time, as for a question at a point.
Only a tile of the published version goes this way, only if its file is there or it is quickly
drawn, and it is sent with the page's own headers. Everything else (a larger tile to be drawn, a
filter, an earlier version, a browser that holds the tile already, an error) goes through the pages.
"""

import re
from collections.abc import Mapping
from typing import Any

from layers.generalised.building import TOP_ZOOM, is_kept
from layers.generalised.dense import DENSE_ZOOMS
from layers.legend import look_of
from layers.models import LayerVersion
from layers.quick_identify import version_seen
from layers.tiles import Tile, is_heavy, kept_tile, packed_vector_tile, tile_tag
from layers.views_tiles import ASK_AGAIN, FOR_GOOD, MVT_TYPE
from layers.vocab import GeometryKind, Visibility

# At most nine digits each: a number that Tile can refuse in words, not one that overflows.
_ADDRESS = re.compile(r"/tiles/([-\w]+)/(\d{1,9})/(\d{1,2})/(\d{1,9})/(\d{1,9})\.mvt", re.ASCII)
# Closer up than anything is made ready for, a square is drawn by one statement, which has the limit
# of a page (layers/prepared.py), sooner than the pages' machinery has begun.
DRAWN_FROM = max(DENSE_ZOOMS) + 1
_CONDITIONS = (
    "HTTP_IF_NONE_MATCH",
    "HTTP_IF_MATCH",
    "HTTP_IF_MODIFIED_SINCE",
    "HTTP_IF_UNMODIFIED_SINCE",
)


def quick_tile(
    environ: Mapping[str, Any], session_key: str
) -> tuple[list[tuple[str, str]], bytes] | None:
    """Return headers and body of a tile that is at hand; None where the pages are to answer.

    Raises
    ------
    UserFacingError
        There is no such tile.
    """
    address = _ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
    if address is None or not _is_plain(environ):
        return None
    slug, number, *place = address.groups()
    version = version_seen(session_key, slug)
    if version is None or version.number != int(number):
        return None
    return _answer(version, Tile(*map(int, place)))


def _is_plain(environ: Mapping[str, Any]) -> bool:
    """Tell whether the whole tile is asked for, packed, whatever the browser holds."""
    takes_packed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
    return takes_packed and not environ.get("QUERY_STRING") and not any(
        condition in environ for condition in _CONDITIONS
    )  # fmt: skip


def _answer(version: LayerVersion, tile: Tile) -> tuple[list[tuple[str, str]], bytes] | None:
    if version.layer.geometry_kind == GeometryKind.RASTER:
        return None
    if tile.z <= TOP_ZOOM and is_heavy(version) and not is_kept(version):
        return None  # the page sees to it that it is made
    tag = tile_tag(version, tile, is_made=True)
    _rank, look = look_of(version.layer)
    if tile.z >= DRAWN_FROM and not look.has_label:
        body: bytes | None = packed_vector_tile(version, tile)
    else:
        body = kept_tile(tag, has_label=look.has_label)
    if not body:
        return None
    is_public = version.layer.visibility == Visibility.PUBLIC
    headers = [
        ("Content-Type", MVT_TYPE),
        ("Content-Encoding", "gzip"),
        ("ETag", f'W/"{tag}"'),
        ("Cache-Control", FOR_GOOD if is_public else ASK_AGAIN),
    ]
    return headers, body
