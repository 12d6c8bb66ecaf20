"""Tiles over HTTP: cached by browsers for good, because a published version never changes."""

import gzip
from collections.abc import Callable

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from layers.basemap import current_basemap
from layers.errors import NotFoundError, UserFacingError
from layers.generalised.building import TOP_ZOOM
from layers.generalised.requests import ask_for_low_zooms
from layers.legend import look_of
from layers.models import LayerVersion
from layers.quick_identify import version_seen
from layers.ranges import ranged_response
from layers.raster_tiles import raster_tile
from layers.tile_filters import FREE_PARAMETERS, VERSION_PARAMETER, TileFilter, asked_filter
from layers.tiles import Tile, packed_vector_tile, published_state, tile_tag
from layers.visibility import seen_by, visible_layer
from layers.vocab import GeometryKind, VersionState, Visibility

MVT_TYPE = "application/vnd.mapbox-vector-tile"
PMTILES_TYPE = "application/vnd.pmtiles"
FOR_GOOD = "public, max-age=31536000, immutable"
# What is not for everyone is asked for again each time: an account may lose its right.
ASK_AGAIN = "private, no-cache"
# The newest version, and what is about to be drawn better, is asked for again after a minute.
FOR_A_MINUTE = "public, max-age=60"


@require_safe
def vector(request: HttpRequest, slug: str, version: int, z: int, x: int, y: int) -> HttpResponse:
    """Return a vector tile of a layer version; 204 where nothing stands.

    ``?class=``, ``?lifecycle=`` and attributes that the layer describes narrow it.
    """
    state = _state(request, slug, version)
    asked = asked_filter(state.layer, request.GET)
    return _vector_response(request, state, Tile(z, x, y), asked, FOR_GOOD)


@require_safe
def newest_vector(request: HttpRequest, slug: str, z: int, x: int, y: int) -> HttpResponse:
    """Return a vector tile of the published version, or of an earlier one with ``?v=``."""
    given = request.GET.get(VERSION_PARAMETER)
    state = _state(request, slug, None if given is None else _number(given))
    asked = asked_filter(state.layer, request.GET, frozenset({VERSION_PARAMETER}))
    keep = FOR_A_MINUTE if given is None else FOR_GOOD
    return _vector_response(request, state, Tile(z, x, y), asked, keep)


@require_safe
def raster(request: HttpRequest, slug: str, version: int, z: int, x: int, y: int) -> HttpResponse:
    """Return a picture tile of a grid version."""
    state = _state(request, slug, version)
    if state.layer.geometry_kind != GeometryKind.RASTER:
        raise NotFoundError(
            _("Layer '%(slug)s' is no raster.") % {"slug": slug},
            remedy=_("Ask for its vector tiles instead."),
        )
    if unknown := [name for name in request.GET if name not in FREE_PARAMETERS]:
        raise UserFacingError(
            _("Pictures of a grid know no parameter '%(name)s'.") % {"name": unknown[0]},
            remedy=_("Leave it out."),
        )
    tile = Tile(z, x, y)
    return _tile_response(
        request,
        state,
        tile_tag(state, tile),
        FOR_GOOD,
        lambda: HttpResponse(raster_tile(state, tile), content_type="image/png"),
    )


@require_safe
def basemap(request: HttpRequest, name: str) -> HttpResponseBase:
    """Return the file of the base map, whole or by ranges."""
    made = current_basemap()
    if made is None or made.name != name:
        raise NotFoundError(
            _("There is no base map '%(name)s' (any more).") % {"name": name},
            remedy=_("Load the map again; './krong basemap build' makes a new one."),
        )
    response = ranged_response(request, made.path, tag=f'"{made.name}"', content_type=PMTILES_TYPE)
    response.headers["Cache-Control"] = FOR_GOOD
    return response


def _state(request: HttpRequest, slug: str, number: int | None) -> LayerVersion:
    """Return the version a reader asks for and may see, in one query; else say what is missing."""
    newest = version_seen(request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), slug)
    if newest is not None and number in {None, newest.number}:
        return newest
    found = LayerVersion.objects.select_related("layer", "raster").filter(
        layer__slug=slug,
        layer__visibility__in=seen_by(request.user),
        layer__published_number__isnull=False,
        number=F("layer__published_number") if number is None else number,
    )
    state = found.exclude(state=VersionState.DRAFT).first()
    if state is not None:
        return state
    layer = visible_layer(request.user, slug)
    return published_state(layer, number or layer.published_number or 0)


def _number(given: str) -> int:
    if given.isascii() and given.isdigit() and len(given) < len(str(2**31)):
        return int(given)
    raise UserFacingError(
        _("'%(value)s' is no number of a version.") % {"value": given},
        remedy=_("Give the number of a published version: v=3."),
    )


def _vector_response(
    request: HttpRequest, state: LayerVersion, tile: Tile, asked: TileFilter, keep: str
) -> HttpResponse:
    # closer up the tile is the same before and after: asked for only when it has to be drawn
    if tile.z <= TOP_ZOOM and ask_for_low_zooms(state, tile.z):
        keep = FOR_A_MINUTE

    def draw() -> HttpResponse:
        _rank, look = look_of(state.layer)
        packed = packed_vector_tile(
            state,
            tile,
            has_label=look.has_label,
            asked=asked,
            before_drawing=lambda: ask_for_low_zooms(state, tile.z),
        )
        return _packed_response(request, packed)

    return _tile_response(request, state, tile_tag(state, tile, asked), keep, draw)


def _packed_response(request: HttpRequest, packed: bytes) -> HttpResponse:
    """Answer with the bytes as they are kept where the browser unpacks them itself."""
    if not packed:
        return HttpResponse(status=204, content_type=MVT_TYPE)
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        return HttpResponse(gzip.decompress(packed), content_type=MVT_TYPE)
    return HttpResponse(packed, content_type=MVT_TYPE, headers={"Content-Encoding": "gzip"})


def _tile_response(
    request: HttpRequest,
    state: LayerVersion,
    name: str,
    keep: str,
    draw: Callable[[], HttpResponse],
) -> HttpResponse:
    """Answer 304 to a browser that holds the tile, without drawing it again."""
    tag = f'W/"{name}"'  # weak: the same tile, packed or not
    response = get_conditional_response(request, etag=tag)
    if response is None:
        response = draw()
    response.headers["ETag"] = tag
    is_public = state.layer.visibility == Visibility.PUBLIC
    response.headers["Cache-Control"] = keep if is_public else ASK_AGAIN
    patch_vary_headers(response, ["Accept-Encoding", "Cookie"])
    return response
