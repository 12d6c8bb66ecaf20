"""Tiles over HTTP: cached by browsers for good, because a published version never changes."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from layers.errors import NotFoundError
from layers.legend import look_of
from layers.models import LayerVersion
from layers.raster_tiles import raster_tile
from layers.tiles import Tile, published_state, tile_tag, vector_tile
from layers.visibility import visible_layer
from layers.vocab import GeometryKind, Visibility

MVT_TYPE = "application/vnd.mapbox-vector-tile"
FOR_GOOD = "public, max-age=31536000, immutable"
# What is not for everyone is asked for again each time: an account may lose its right.
ASK_AGAIN = "private, no-cache"


@require_safe
def vector(request: HttpRequest, slug: str, version: int, z: int, x: int, y: int) -> HttpResponse:
    """Return a vector tile of a layer version; 204 where nothing stands."""
    state = published_state(visible_layer(request.user, slug), version)
    tile = Tile(z, x, y)
    return _tile_response(request, state, tile, lambda: _mvt(state, tile))


@require_safe
def raster(request: HttpRequest, slug: str, version: int, z: int, x: int, y: int) -> HttpResponse:
    """Return a picture tile of a grid version."""
    layer = visible_layer(request.user, slug)
    if layer.geometry_kind != GeometryKind.RASTER:
        raise NotFoundError(
            _("Layer '%(slug)s' is no raster.") % {"slug": slug},
            remedy=_("Ask for its vector tiles instead."),
        )
    state = published_state(layer, version)
    tile = Tile(z, x, y)
    return _tile_response(
        request,
        state,
        tile,
        lambda: HttpResponse(raster_tile(state, tile), content_type="image/png"),
    )


def _mvt(state: LayerVersion, tile: Tile) -> HttpResponse:
    _rank, look = look_of(state.layer)
    body = vector_tile(state, tile, has_label=look.has_label)
    return HttpResponse(body, content_type=MVT_TYPE, status=200 if body else 204)


def _tile_response(
    request: HttpRequest, state: LayerVersion, tile: Tile, draw: Callable[[], HttpResponse]
) -> HttpResponse:
    """Answer 304 to a browser that holds the tile, without drawing it again."""
    tag = f'"{tile_tag(state, tile)}"'
    response = get_conditional_response(request, etag=tag)
    if response is None:
        response = draw()
    response.headers["ETag"] = tag
    is_public = state.layer.visibility == Visibility.PUBLIC
    response.headers["Cache-Control"] = FOR_GOOD if is_public else ASK_AGAIN
    return response
