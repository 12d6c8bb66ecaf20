"""The addresses of conflicts."""

from django.urls import URLPattern, URLResolver, path

from conflicts import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("findings/", views.finding_list, name="findings"),
    path("findings/<int:number>/", views.finding_page, name="finding"),
    path("findings.geojson", views.findings_geojson, name="findings-geojson"),
]
