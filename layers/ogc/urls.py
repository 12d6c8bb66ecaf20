"""The addresses for other programs, under ``ogc/``."""

from django.urls import URLPattern, path, re_path

from layers.ogc import openapi, views_catalogue, views_items, views_tilesets, wmts

_ONE = "collections/<slug:slug>"
_PLACE = r"(?P<place>[0-9]{1,2}/[0-9]{1,8}/[0-9]{1,8})$"
_TILE = r"^collections/(?P<slug>[-\w]+)/{kind}tiles/(?P<name>[-\w]+)/" + _PLACE

urlpatterns: list[URLPattern] = [
    path("", views_catalogue.landing, name="ogc-landing"),
    path("api", openapi.api, name="ogc-api"),
    path("conformance", views_catalogue.conformance, name="ogc-conformance"),
    path("collections", views_catalogue.collections, name="ogc-collections"),
    path(_ONE, views_catalogue.one_collection, name="ogc-collection"),
    path(f"{_ONE}/queryables", views_catalogue.queryables, name="ogc-queryables"),
    path(f"{_ONE}/schema", views_catalogue.schema, name="ogc-schema"),
    path(f"{_ONE}/items", views_items.items, name="ogc-items"),
    path(f"{_ONE}/items/<path:stable_id>", views_items.item, name="ogc-item"),
    path("tileMatrixSets", views_tilesets.tile_matrix_sets, name="ogc-tile-matrix-sets"),
    path(
        "tileMatrixSets/<slug:name>",
        views_tilesets.one_tile_matrix_set,
        name="ogc-tile-matrix-set",
    ),
    path(f"{_ONE}/tiles", views_tilesets.vector_tilesets, name="ogc-tilesets"),
    path(f"{_ONE}/tiles/<slug:name>", views_tilesets.vector_tileset, name="ogc-tileset"),
    re_path(_TILE.replace("{kind}", ""), views_tilesets.vector_tile, name="ogc-tile"),
    path(f"{_ONE}/map/tiles", views_tilesets.map_tilesets, name="ogc-map-tilesets"),
    path(f"{_ONE}/map/tiles/<slug:name>", views_tilesets.map_tileset, name="ogc-map-tileset"),
    re_path(_TILE.replace("{kind}", "map/"), views_tilesets.map_tile, name="ogc-map-tile"),
    path("wmts", wmts.wmts, name="ogc-wmts"),
    path("wmts/1.0.0/WMTSCapabilities.xml", wmts.wmts_capabilities, name="ogc-wmts-capabilities"),
]
