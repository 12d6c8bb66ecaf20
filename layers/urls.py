"""The addresses of layers."""

from django.urls import URLPattern, URLResolver, include, path

from layers import views, views_sources, views_tiles

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.home, name="home"),
    path("map/", views.plan_map, name="map"),
    path("map/feature", views.map_feature, name="map-feature"),
    path("map/style.json", views.map_style, name="map-style"),
    path("layers/import/", include("layers.uploads.urls")),
    path("layers/", include("layers.profiles.urls")),
    path("layers/", include("layers.catalogue.urls")),
    path("layers/", include("layers.editing.urls")),
    path("layers/", include("layers.exports.urls")),
    path("ogc/", include("layers.ogc.urls")),
    path("sources/", views_sources.source_list, name="sources"),
    path("identify", views.identify, name="identify"),
    path("search", views.search, name="search"),
    path(
        "tiles/<slug:slug>/<int:version>/<int:z>/<int:x>/<int:y>.mvt",
        views_tiles.vector,
        name="vector-tile",
    ),
    path(
        "tiles/<slug:slug>/newest/<int:z>/<int:x>/<int:y>.mvt",
        views_tiles.newest_vector,
        name="newest-vector-tile",
    ),
    path("basemap/<slug:name>.pmtiles", views_tiles.basemap, name="basemap"),
    path(
        "raster/<slug:slug>/<int:version>/<int:z>/<int:x>/<int:y>.png",
        views_tiles.raster,
        name="raster-tile",
    ),
]
