"""The addresses of conflicts."""

from django.urls import URLPattern, URLResolver, include, path

from conflicts import views, views_feature, views_files
from conflicts.life import views as life
from conflicts.life import views_bulk as life_bulk
from conflicts.review import views as review
from conflicts.service_study import views as service_study
from conflicts.siting import views as siting

urlpatterns: list[URLPattern | URLResolver] = [
    path("rulebooks/", include("conflicts.rulebooks.urls")),
    path("what-if/", include("conflicts.alternatives.urls")),
    path("findings/", views.finding_list, name="findings"),
    path("findings/dashboard/", review.findings_dashboard, name="findings-dashboard"),
    path("findings/report.pdf", review.findings_report, name="findings-report"),
    path("findings/reports/", review.ask_findings_report, name="findings-report-ask"),
    path("findings/reports/<int:number>/", review.findings_report_run, name="findings-report-run"),
    path(
        "findings/reports/<int:number>.pdf",
        review.findings_report_file,
        name="findings-report-file",
    ),
    path(
        "findings/reports/<int:number>/cancel",
        review.findings_report_cancel,
        name="findings-report-cancel",
    ),
    path("findings/digests/", review.findings_digests, name="findings-digests"),
    path(
        "findings/digests/<str:week>.<slug:kind>",
        review.findings_digest_file,
        name="findings-digest-file",
    ),
    path("findings/digests/<str:week>/", review.findings_digest, name="findings-digest"),
    path("findings/<int:number>/", life.finding_page, name="finding"),
    path("findings/<int:number>/evidence.json", life.finding_map, name="finding-map"),
    path("findings/bulk/", life_bulk.bulk, name="findings-bulk"),
    path("findings/of.json", views_feature.feature_findings, name="feature-findings"),
    path("findings/file.<slug:kind>", views_files.findings_file, name="findings-file"),
    path("services/", service_study.service_list, name="services"),
    path("services/<int:number>/", service_study.service_study, name="service-study"),
    path("services/<int:number>.json", service_study.service_json, name="service-json"),
    path("services/<int:number>.csv", service_study.service_csv, name="service-csv"),
    path("services/<int:number>/cancel", service_study.service_cancel, name="service-cancel"),
    path("siting/", siting.siting_list, name="siting"),
    path("siting/<int:number>/", siting.siting_study, name="siting-study"),
    path("siting/<int:number>.json", siting.siting_json, name="siting-json"),
    path("siting/<int:number>/move", siting.siting_move, name="siting-move"),
    path("siting/<int:number>/cancel", siting.siting_cancel, name="siting-cancel"),
    path("findings.geojson", views.findings_geojson, name="findings-geojson"),
]
