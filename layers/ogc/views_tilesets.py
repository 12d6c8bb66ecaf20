"""OGC API Tiles and TileJSON: the tiles of the map, found by other programs."""

from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _

from layers import views_tiles
from layers.errors import NotFoundError
from layers.legend import look_of, summary
from layers.models import LayerVersion
from layers.ogc import tile_matrix
from layers.ogc.collections import published_version
from layers.ogc.crs_list import CRS84_URI
from layers.ogc.endpoint import HTML, JSON, MVT, PNG, TILEJSON, is_html, resource, told
from layers.ogc.links import OGC_REL, address, link, own_links
from layers.ogc.queryables import CLASS
from layers.tiles import MAX_ZOOM
from layers.visibility import visible_layer
from layers.vocab import GeometryKind

SCHEME_REL = OGC_REL + "tiling-scheme"
# The address of a tile names no version: a copy is asked about before it is shown again.
ASK_AGAIN = "no-cache"
# From here on QGIS draws details; nothing is lost by starting earlier.
LOWEST_ZOOM = 0


@resource()
def tile_matrix_sets(request: HttpRequest) -> HttpResponse:
    """List the ways the map is cut into squares: one."""
    here = address(request, "ogc-tile-matrix-set", tile_matrix.NAME)
    listed = {
        "id": tile_matrix.NAME,
        "title": tile_matrix.NAME,
        "uri": tile_matrix.URI,
        "links": [link("self", here, "application/json")],
    }
    document = {"tileMatrixSets": [listed], "links": own_links(request)}
    return told(request, document, title=_("Map squares"), collections=[listed])


@resource()
def one_tile_matrix_set(request: HttpRequest, name: str) -> HttpResponse:
    """Define how the map is cut into squares."""
    _known(name)
    document = tile_matrix.tile_matrix_set() | {"links": own_links(request)}
    return told(request, document, title=tile_matrix.NAME)


@resource()
def vector_tilesets(request: HttpRequest, slug: str) -> HttpResponse:
    """List the tilesets of a layer of features."""
    return _tilesets(request, _version(request, slug, is_raster=False))


@resource()
def map_tilesets(request: HttpRequest, slug: str) -> HttpResponse:
    """List the tilesets of a grid."""
    return _tilesets(request, _version(request, slug, is_raster=True))


@resource(formats=(JSON, TILEJSON, HTML))
def vector_tileset(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Describe the vector tiles of a layer, as OGC or as TileJSON has it."""
    _known(name)
    return _described(request, _version(request, slug, is_raster=False))


@resource(formats=(JSON, TILEJSON, HTML))
def map_tileset(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Describe the picture tiles of a grid, as OGC or as TileJSON has it."""
    _known(name)
    return _described(request, _version(request, slug, is_raster=True))


@resource(formats=(MVT,))
def vector_tile(request: HttpRequest, slug: str, name: str, place: str) -> HttpResponse:
    """Return a vector tile: zoom, row from the north, column from the west."""
    _known(name)
    version = _version(request, slug, is_raster=False)
    z, row, column = _place(place)
    return _current(views_tiles.vector(plain(request), slug, version.number, z, column, row))


@resource(formats=(PNG,))
def map_tile(request: HttpRequest, slug: str, name: str, place: str) -> HttpResponse:
    """Return a picture tile of a grid: zoom, row from the north, column from the west."""
    _known(name)
    version = _version(request, slug, is_raster=True)
    z, row, column = _place(place)
    return _current(views_tiles.raster(plain(request), slug, version.number, z, column, row))


def plain(request: HttpRequest) -> HttpRequest:
    """Return the request without its parameters: they are checked, a tile is asked by its place."""
    request.GET = QueryDict()
    return request


def _place(place: str) -> tuple[int, int, int]:
    z, row, column = (int(part) for part in place.split("/"))
    return z, row, column


def _current(response: HttpResponse) -> HttpResponse:
    kept = response.headers.get("Cache-Control", "")
    response.headers["Cache-Control"] = kept if "private" in kept else ASK_AGAIN
    return response


def _known(name: str) -> None:
    if name != tile_matrix.NAME:
        raise NotFoundError(
            _("There is no tile matrix set '%(name)s'.") % {"name": name[:80]},
            remedy=_("Known here: %(names)s.") % {"names": tile_matrix.NAME},
        )


def _version(request: HttpRequest, slug: str, *, is_raster: bool) -> LayerVersion:
    layer = visible_layer(request.user, slug)
    if (layer.geometry_kind == GeometryKind.RASTER) != is_raster:
        raise NotFoundError(
            _("Layer '%(slug)s' has no tiles of this kind.") % {"slug": slug},
            remedy=_("Follow the links of its collection."),
        )
    return published_version(layer)


def _is_raster(version: LayerVersion) -> bool:
    return bool(version.layer.geometry_kind == GeometryKind.RASTER)


def _tilesets(request: HttpRequest, version: LayerVersion) -> HttpResponse:
    listed = {**_set_facts(version), "links": _set_links(request, version)[:1]}
    document = {"tilesets": [listed], "links": own_links(request)}
    return told(request, document, title=version.layer.title, collections=[listed])


def _described(request: HttpRequest, version: LayerVersion) -> HttpResponse:
    if request.GET.get("f") == TILEJSON.name:
        return told(request, tilejson(request, version))
    document = {**_set_facts(version), "links": _set_links(request, version)}
    if not _is_raster(version):
        document["layers"] = [{"id": version.layer.slug, "dataType": "vector"}]
    page = {"title": version.layer.title} if is_html(request) else {}
    return told(request, document, **page)


def _set_facts(version: LayerVersion) -> dict[str, Any]:
    extent = summary(version).extent
    facts: dict[str, Any] = {
        "title": version.layer.title,
        "dataType": "map" if _is_raster(version) else "vector",
        "crs": tile_matrix.CRS_URI,
        "tileMatrixSetURI": tile_matrix.URI,
    }
    if extent is None:
        return facts
    west, south, east, north = extent
    box = {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84_URI}
    return {**facts, "boundingBox": box}


def _set_links(request: HttpRequest, version: LayerVersion) -> list[dict[str, Any]]:
    kind, media = ("map-", PNG) if _is_raster(version) else ("", MVT)
    here = address(request, f"ogc-{kind}tileset", version.layer.slug, tile_matrix.NAME)
    template = f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?f={media.name}"
    scheme = address(request, "ogc-tile-matrix-set", tile_matrix.NAME)
    return [
        link("self", here, "application/json", version.layer.title),
        link("alternate", f"{here}?f=tilejson", "application/json", "TileJSON"),
        link("item", template, media.media_type, templated=True),
        link(SCHEME_REL, scheme, "application/json"),
    ]


def tilejson(request: HttpRequest, version: LayerVersion) -> dict[str, Any]:
    """Return a layer's tiles as TileJSON 3.0.0; addresses name the version and may be kept."""
    layer, extent = version.layer, summary(version).extent
    name = "raster-tile" if _is_raster(version) else "vector-tile"
    first = address(request, name, layer.slug, version.number, 0, 0, 0)
    document: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": layer.title,
        "description": layer.source,
        "attribution": layer.steward,
        "version": f"{version.number}.0.0",
        "scheme": "xyz",
        "tiles": [first.replace("/0/0/0.", "/{z}/{x}/{y}.")],
        "minzoom": LOWEST_ZOOM,
        "maxzoom": MAX_ZOOM,
        "vector_layers": [],
    }
    if not _is_raster(version):
        document["vector_layers"] = _vector_layers(version)
    return document | ({"bounds": list(extent)} if extent else {})


def _vector_layers(version: LayerVersion) -> list[dict[str, Any]]:
    """Return what the tiles of a layer hold, as vector_tile.sql writes it."""
    layer = version.layer
    fields = dict.fromkeys(("stable_id", "name_km", "name_en", "name"), "String")
    fields["class"] = f"String: {CLASS}"
    colour = layer.attribute_schema.get("colours", {}).get("property")
    if colour:
        fields[str(colour)] = "String"
    _rank, look = look_of(layer)
    names = [layer.slug, f"{layer.slug}-label"] if look.has_label else [layer.slug]
    return [{"id": name, "description": layer.title, "fields": fields} for name in names]
