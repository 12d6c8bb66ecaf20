"""The addresses of scenarios."""

from django.urls import URLPattern, URLResolver, path

from scenarios import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("scenarios/", views.scenario_list, name="scenarios"),
    path("scenarios.json", views.scenario_list_json, name="scenarios-json"),
    path("scenarios/<int:number>/", views.run_page, name="scenario"),
    path("scenarios/<int:number>.json", views.run_json, name="scenario-json"),
    path("scenarios/<int:number>/depth.png", views.depth_png, name="scenario-depth-picture"),
    path("scenarios/<int:number>/<slug:quantity>.tif", views.grid_file, name="scenario-grid"),
    path("scenarios/<int:number>/cancel/", views.cancel_run, name="scenario-cancel"),
    path("scenarios/<slug:code>/start/", views.start_scenario, name="scenario-start"),
]
