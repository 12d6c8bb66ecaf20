"""The OpenAPI 3.0 document of these pages, written from one table of what they answer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from layers.models import Layer
from layers.ogc import tile_matrix
from layers.ogc.crs_list import offered
from layers.ogc.endpoint import GEOJSON, HTML, OPENAPI, is_html, json_text, resource
from layers.ogc.others import OtherCollection, offered_others
from layers.ogc.pages import DEFAULT_LIMIT, MOST_LIMIT
from layers.visibility import visible_layers
from layers.vocab import GeometryKind

VERSION = "1.0.0"
_WRITTEN = {"put": "If-Match", "patch": "If-Match", "delete": "If-Match", "post": ""}
_TILE = ("tileMatrix", "tileRow", "tileCol")


@dataclass(frozen=True, slots=True)
class Operations:
    """What one address answers: its path below the landing page, formats, own parameters."""

    path: str
    summary: str
    media: tuple[str, ...] = ("application/json", "text/html")
    query: tuple[str, ...] = ()
    writes: Mapping[str, str] | None = None
    of: str = ""  # which layers fill {collectionId}: features or grids
    formats: str = "f"  # which values its parameter f may have
    # what OGC API Tiles wants the name of an operation to end with (OGC 20-057, 13.2)
    ending: str = ""


_ITEMS = ("limit", "bbox", "bbox-crs", "datetime", "crs", "next", "filter", "filter-lang",
          "filter-crs")  # fmt: skip
_FEATURES, _GEOJSON_MEDIA = "/collections/{collectionId}", ("application/geo+json", "text/html")
_SCHEMA_MEDIA = ("application/schema+json", "text/html")
_SET = "/WebMercatorQuad"
_FORMATS = {"f": ("json", "html"), "f-tileset": ("json", "tilejson", "html"), "f-mvt": ("mvt",),
            "f-png": ("png",)}  # fmt: skip
PATHS = (
    Operations("/", "Landing page"),
    Operations("/api", "This document",
               ("application/vnd.oai.openapi+json;version=3.0", "text/html")),
    Operations("/conformance", "Conformance classes"),
    Operations("/collections", "Layers"),
    Operations(_FEATURES, "One layer", of="all"),
    Operations(_FEATURES + "/queryables", "What filters may name", _SCHEMA_MEDIA, of="features"),
    Operations(_FEATURES + "/schema", "What features carry", _SCHEMA_MEDIA, of="features"),
    Operations(_FEATURES + "/items", "Features, page by page", _GEOJSON_MEDIA, _ITEMS,
               {"post": "Add a feature to a draft"}, of="features"),
    Operations(_FEATURES + "/items/{featureId}", "One feature", _GEOJSON_MEDIA,
               ("crs", "datetime", "draft"),
               {"put": "Replace a feature in a draft", "patch": "Update a feature in a draft",
                "delete": "Delete a feature from a draft"}, of="features"),
    Operations("/tileMatrixSets", "How maps are cut into squares"),
    Operations("/tileMatrixSets" + _SET, "WebMercatorQuad"),
    Operations(_FEATURES + "/tiles", "Vector tilesets of a layer", of="features",
               ending=".collection.vector.getTileSetsList"),
    Operations(_FEATURES + "/tiles" + _SET, "Vector tiles of a layer described", of="features",
               formats="f-tileset", ending=".collection.vector.getTileSet"),
    Operations(_FEATURES + "/tiles" + _SET + "/{tileMatrix}/{tileRow}/{tileCol}", "A vector tile",
               ("application/vnd.mapbox-vector-tile",), of="features", formats="f-mvt",
               ending=".collection.vector.getTile"),
    Operations(_FEATURES + "/map/tiles", "Picture tilesets of a grid", of="grids",
               ending=".collection.map.getTileSetsList"),
    Operations(_FEATURES + "/map/tiles" + _SET, "Picture tiles of a grid described", of="grids",
               formats="f-tileset", ending=".collection.map.getTileSet"),
    Operations(_FEATURES + "/map/tiles" + _SET + "/{tileMatrix}/{tileRow}/{tileCol}",
               "A picture tile", ("image/png",), of="grids", formats="f-png",
               ending=".collection.map.getTile"),
)  # fmt: skip


def _text(name: str, description: str, **schema: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "name": name,
        "in": "query",
        "description": description,
        "required": False,
        "schema": {"type": "string"} | schema,
        "style": "form",
        "explode": False,
    }


def parameters() -> dict[str, dict[str, Any]]:
    """Return the parameters by name."""
    systems = list(offered())
    sizes = [{"minItems": size, "maxItems": size} for size in (4, 6)]
    box = {"type": "array", "oneOf": sizes, "items": {"type": "number"}}
    found = [
        _text("lang", "Language of titles and sentences.", enum=["km", "en"]),
        _text("limit", f"How many features; more than {MOST_LIMIT:,} means {MOST_LIMIT:,}.",
              type="integer", minimum=1, maximum=MOST_LIMIT, default=DEFAULT_LIMIT),
        _text("bbox", "Only what touches this box, in the axis order of bbox-crs.", **box),
        _text("datetime", "The layer as it was published then (RFC 3339 instant or interval)."),
        _text("next", "Where the page begins: taken from the link 'next', not made by hand."),
        _text("filter", "Only what satisfies this CQL2 condition."),
        _text("filter-lang", "How the filter is written.", enum=["cql2-text", "cql2-json"],
              default="cql2-text"),
        _text("draft", "Number of a draft, instead of what is published."),
        *(_text(name, "Coordinate system by its URI.", format="uri", enum=systems,
                default=systems[0])
          for name in ("crs", "bbox-crs", "filter-crs")),
    ]  # fmt: skip
    told = "Format; without it the Accept header decides."
    formats = {key: _text("f", told, enum=list(names)) for key, names in _FORMATS.items()}
    return formats | {parameter["name"]: parameter for parameter in found}


def paths_of_others(others: Iterable[OtherCollection]) -> Iterator[Operations]:
    """Yield what is answered of collections that are no layers: they are only read."""
    for other in others:
        one = f"/collections/{other.slug}"
        yield Operations(one, other.title)
        yield Operations(one + "/queryables", "What filters may name", _SCHEMA_MEDIA)
        yield Operations(one + "/schema", "What features carry", _SCHEMA_MEDIA)
        yield Operations(one + "/items", other.title, _GEOJSON_MEDIA, _ITEMS)
        yield Operations(one + "/items/{featureId}", "One feature", _GEOJSON_MEDIA, ("crs",))


def document(
    request: HttpRequest, layers: list[Layer], others: Sequence[OtherCollection] = ()
) -> dict[str, Any]:
    """Return the OpenAPI document for the layers a reader may see."""
    server = request.build_absolute_uri(reverse("ogc-landing")).rstrip("/")
    return {
        "openapi": "3.0.3",
        "info": {
            "title": _("Land-use plan and layers of the city"),
            "version": VERSION,
            "description": _("The city's published layers for QGIS and other programs."),
        },
        "servers": [{"url": server}],
        "paths": {
            found.path: _path(found, layers)
            for found in (*PATHS, *paths_of_others(others))
            if _slugs(found, layers)
        },
        "components": {
            "parameters": parameters(),
            "securitySchemes": {"basic": {"type": "http", "scheme": "basic"}},
            "responses": {"Problem": _problem()},
        },
    }


def _path(found: Operations, layers: list[Layer]) -> dict[str, Any]:
    read = _operation(found, "get", found.summary, found.query)
    path: dict[str, Any] = {"get": read}
    if in_path := list(_in_path(found, layers)):
        path["parameters"] = in_path
    for method, summary in (found.writes or {}).items():
        path[method] = _write(found, method, summary)
    return path


def _operation(
    found: Operations, method: str, summary: str, query: tuple[str, ...]
) -> dict[str, Any]:
    names = (*query, found.formats, "lang")
    named = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    words = [word.strip("{}") for word in found.path.split("/") if word]
    content = {media: {"schema": _schema_of(media)} for media in found.media}
    return {
        "operationId": found.ending or "-".join([method, *(words or ["landing"])]),
        "summary": summary,
        "parameters": named,
        "responses": {
            "200": {"description": summary, "content": content},
            "default": {"$ref": "#/components/responses/Problem"},
        },
    }


def _write(found: Operations, method: str, summary: str) -> dict[str, Any]:
    operation = _operation(found, method, summary, ("draft",))
    operation["parameters"] = operation["parameters"][:1]
    operation["security"] = [{"basic": []}]
    if header := _WRITTEN[method]:
        operation["parameters"].append(_header(header))
    if method != "delete":
        body = {GEOJSON.media_type: {"schema": {"type": "object"}}}
        operation["requestBody"] = {"required": True, "content": body}
    status = {"post": "201", "delete": "204"}.get(method, "200")
    operation["responses"][status] = {"description": summary}
    if status != "200":
        del operation["responses"]["200"]
    return operation


def _header(name: str) -> dict[str, Any]:
    told = "The ETag of the feature as it was read."
    schema = {"type": "string"}
    return {"name": name, "in": "header", "required": True, "description": told, "schema": schema}


def _in_path(found: Operations, layers: list[Layer]) -> Iterator[dict[str, Any]]:
    for word in found.path.split("/"):
        if word.startswith("{"):
            name = word.strip("{}")
            schema: dict[str, Any] = {"type": "integer" if name in _TILE else "string"}
            if name == "collectionId":
                schema["enum"] = _slugs(found, layers)
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _slugs(found: Operations, layers: list[Layer]) -> list[str]:
    """Return the layers a path exists for; a path without a layer in it exists always."""
    if not found.of:
        return ["-"]
    wanted = {"features": False, "grids": True}.get(found.of)
    return [
        layer.slug
        for layer in layers
        if wanted is None or (layer.geometry_kind == GeometryKind.RASTER) == wanted
    ]


def _schema_of(media: str) -> dict[str, str]:
    if "json" in media:
        return {"type": "object"}
    return {"type": "string"} if media == "text/html" else {"type": "string", "format": "binary"}


def _problem() -> dict[str, Any]:
    names = {"type": "string", "title": "string", "detail": "string", "what": "string",
             "remedy": "string", "status": "integer"}  # fmt: skip
    described = {name: {"type": kind} for name, kind in names.items()}
    schema = {"type": "object", "properties": described}
    content = {"application/problem+json": {"schema": schema}}
    return {"description": "What happened and what to do (RFC 9457)", "content": content}


@resource(formats=(OPENAPI, HTML))
def api(request: HttpRequest) -> HttpResponse:
    """Return the description of this interface."""
    layers = list(visible_layers(request.user).order_by("slug"))
    described = document(request, layers, offered_others(request.user))
    if not is_html(request):
        return HttpResponse(json_text(described), content_type=OPENAPI.media_type)
    page = {**described["info"], "paths": list(_readable(described)), "set": tile_matrix.NAME}
    return render(request, "layers/ogc/api.html", page)


def _readable(described: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield each path with its operations and the parameters spelt out."""
    spelt = described["components"]["parameters"]
    for path, answers in described["paths"].items():
        operations = [
            {
                "method": method.upper(),
                "summary": answer["summary"],
                "parameters": [
                    spelt[named["$ref"].rpartition("/")[2]] if "$ref" in named else named
                    for named in answer["parameters"]
                ],
            }
            for method, answer in answers.items()
            if method != "parameters"
        ]
        yield {"path": path, "operations": operations}
