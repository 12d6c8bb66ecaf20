"""The addresses of planning."""

from django.urls import URLPattern, URLResolver, path

from planning import views_extract, views_permits

urlpatterns: list[URLPattern | URLResolver] = [
    path("extract/", views_extract.extract_search, name="extract"),
    path("extract/<str:stable_id>.json", views_extract.extract_json, name="extract-json"),
    path("extract/<str:stable_id>/", views_extract.extract_page, name="extract-parcel"),
    path("permits/", views_permits.permits, name="permits"),
    path("permits/check.json", views_permits.permit_json, name="permit-json"),
    path("permits/<int:number>/", views_permits.permit_run, name="permit-run"),
]
