"""The addresses of conflicts."""

from django.urls import URLPattern, URLResolver, include, path

from conflicts import views, views_feature, views_files
from conflicts.life import views as life
from conflicts.life import views_bulk as life_bulk
from conflicts.review import views as review
from conflicts.siting import views as siting

urlpatterns: list[URLPattern | URLResolver] = [
    path("rulebooks/", include("conflicts.rulebooks.urls")),
    path("findings/", views.finding_list, name="findings"),
    path("findings/dashboard/", review.findings_dashboard, name="findings-dashboard"),
    path("findings/<int:number>/", life.finding_page, name="finding"),
    path("findings/<int:number>/evidence.json", life.finding_map, name="finding-map"),
    path("findings/bulk/", life_bulk.bulk, name="findings-bulk"),
    path("findings/of.json", views_feature.feature_findings, name="feature-findings"),
    path("findings/file.<slug:kind>", views_files.findings_file, name="findings-file"),
    path("siting/", siting.siting_list, name="siting"),
    path("siting/<int:number>/", siting.siting_study, name="siting-study"),
    path("siting/<int:number>.json", siting.siting_json, name="siting-json"),
    path("siting/<int:number>/move", siting.siting_move, name="siting-move"),
    path("siting/<int:number>/cancel", siting.siting_cancel, name="siting-cancel"),
    path("findings.geojson", views.findings_geojson, name="findings-geojson"),
]
