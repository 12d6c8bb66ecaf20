"""The addresses of the catalogue, under ``layers/``."""

from django.urls import path

from layers.catalogue import views

urlpatterns = [
    path("", views.layer_list, name="layers"),
    path("<slug:slug>/", views.layer_page, name="layer"),
    path("<slug:slug>/table/", views.attribute_table, name="layer-table"),
    path("<slug:slug>/quality/", views.quality_page, name="layer-quality"),
    path("<slug:slug>/quality/issues.csv", views.quality_issues, name="layer-issues"),
    path("<slug:slug>/describe/", views.describe, name="layer-describe"),
]
