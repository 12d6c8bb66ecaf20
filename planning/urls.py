"""The addresses of planning."""

from django.urls import URLPattern, URLResolver, path

from planning import views_extract, views_permits, views_releases, views_reservations

urlpatterns: list[URLPattern | URLResolver] = [
    path("extract/", views_extract.extract_search, name="extract"),
    path("extract/<str:stable_id>.json", views_extract.extract_json, name="extract-json"),
    path("extract/<str:stable_id>/", views_extract.extract_page, name="extract-parcel"),
    path("permits/", views_permits.permits, name="permits"),
    path("permits/check.json", views_permits.permit_json, name="permit-json"),
    path("permits/<int:number>/", views_permits.permit_run, name="permit-run"),
    path("reservations/", views_reservations.reservations, name="reservations"),
    path("reservations/<str:reference>/", views_reservations.reservation, name="reservation"),
    path(
        "reservations/<str:reference>/release/", views_releases.release, name="reservation-release"
    ),
    path(
        "reservations/<str:reference>/sheet.pdf",
        views_reservations.reservation_sheet,
        name="reservation-sheet",
    ),
    path(
        "reservations/<str:reference>/sheet.gpkg",
        views_reservations.reservation_geopackage,
        name="reservation-geopackage",
    ),
    path(
        "reservations/<str:reference>/sheet.geojson",
        views_reservations.reservation_geojson,
        name="reservation-geojson",
    ),
]
