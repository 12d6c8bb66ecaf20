"""The addresses of the catalogue, under ``layers/``."""

from django.urls import path

from layers.catalogue import views, views_quality

urlpatterns = [
    path("", views.layer_list, name="layers"),
    path("<slug:slug>/", views.layer_page, name="layer"),
    path("<slug:slug>/table/", views.attribute_table, name="layer-table"),
    path("<slug:slug>/quality/", views_quality.quality_page, name="layer-quality"),
    path("<slug:slug>/quality/make", views_quality.make_quality, name="layer-quality-make"),
    path("<slug:slug>/quality/stop", views_quality.stop_quality, name="layer-quality-stop"),
    path("<slug:slug>/quality/state", views_quality.quality_state, name="layer-quality-state"),
    path("<slug:slug>/quality/places.csv", views_quality.quality_places, name="layer-places"),
    path("<slug:slug>/quality/issues.csv", views_quality.quality_issues, name="layer-issues"),
    path("<slug:slug>/describe/", views.describe, name="layer-describe"),
]
