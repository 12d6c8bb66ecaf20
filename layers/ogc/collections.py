"""What a collection is: a layer the reader may see, as published now."""

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from layers.errors import NotFoundError
from layers.legend import summary
from layers.models import Layer, LayerVersion
from layers.ogc.crs_list import CRS84_URI, offered, storage_crs
from layers.ogc.links import (
    QUERYABLES_REL,
    TILESETS_MAP_REL,
    TILESETS_VECTOR_REL,
    address,
    link,
    own_links,
)
from layers.visibility import Reader, visible_layer
from layers.vocab import GeometryKind

JSON_TYPE, GEOJSON_TYPE, SCHEMA_TYPE = (
    "application/json",
    "application/geo+json",
    "application/schema+json",
)
GREGORIAN_URI = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"


def published_version(layer: Layer) -> LayerVersion:
    """Return the version of a layer that is published now."""
    return layer.versions.select_related("layer").get(number=layer.published_number or 0)


def version_shown(user: Reader, slug: str) -> LayerVersion:
    """Return the published version of a layer of features, or raise NotFoundError."""
    layer = visible_layer(user, slug)
    if layer.geometry_kind == GeometryKind.RASTER:
        raise NotFoundError(
            _("Layer '%(slug)s' is a grid: it has no features.") % {"slug": slug},
            remedy=_("Ask for its map tiles instead."),
        )
    return published_version(layer)


def collection(request: HttpRequest, version: LayerVersion) -> dict[str, Any]:
    """Return a layer as the list of collections describes it."""
    layer = version.layer
    is_raster = layer.geometry_kind == GeometryKind.RASTER
    extent = summary(version).extent
    described: dict[str, Any] = {
        "id": layer.slug,
        "title": layer.title,
        "description": layer.source or layer.title,
        "keywords": [layer.theme],
        "attribution": layer.steward,
        "license": layer.licence,
        "extent": {
            **({"spatial": {"bbox": [list(extent)], "crs": CRS84_URI}} if extent else {}),
            "temporal": {"interval": [[_published_at(layer), None]], "trs": GREGORIAN_URI},
        },
        "links": own_collection_links(request, layer),
    }
    if is_raster:
        return {**described, "dataType": "map"}
    return {
        **described,
        "itemType": "feature",
        "crs": list(offered()),
        "storageCrs": storage_crs().uri,
    }


def _published_at(layer: Layer) -> str | None:
    """Return when the layer was first published."""
    first = layer.versions.exclude(published_at=None).order_by("number").first()
    return first.published_at.isoformat() if first and first.published_at else None


def own_collection_links(request: HttpRequest, layer: Layer) -> list[dict[str, Any]]:
    """Return where a collection's parts are."""
    slug = layer.slug
    here = address(request, "ogc-collection", slug)
    links = [{**found, "href": here + "?" + found["href"].rpartition("?")[2]}
             for found in own_links(request)]  # fmt: skip
    if layer.geometry_kind == GeometryKind.RASTER:
        tiles = address(request, "ogc-map-tilesets", slug)
        return [*links, link(TILESETS_MAP_REL, tiles, JSON_TYPE)]
    items, described = address(request, "ogc-items", slug), layer.title
    return [
        *links,
        link("items", items, GEOJSON_TYPE, described),
        link("items", f"{items}?f=html", "text/html", described),
        link(QUERYABLES_REL, address(request, "ogc-queryables", slug), SCHEMA_TYPE),
        link("describedby", address(request, "ogc-schema", slug), SCHEMA_TYPE),
        link(TILESETS_VECTOR_REL, address(request, "ogc-tilesets", slug), JSON_TYPE),
        *_downloads(request, slug),
    ]


def _downloads(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Return the link to the whole layer as one file, where downloads are installed."""
    try:
        path = reverse("layer-download", args=[slug])
    except NoReverseMatch:
        return []
    href = f"{request.build_absolute_uri(path)}?format=gpkg"
    return [link("enclosure", href, "application/geopackage+sqlite3", "GeoPackage")]
