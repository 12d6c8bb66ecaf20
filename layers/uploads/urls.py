"""The addresses of importing on the web, under ``layers/import/``."""

from django.urls import URLPattern, URLResolver, path

from layers.uploads import views, views_steps

_FILE = "<uuid:token>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.bring_in, name="layer-import"),
    path(_FILE, views_steps.choose, name="layer-import-file"),
    path(f"{_FILE}look", views_steps.look_again, name="layer-import-look"),
    path(f"{_FILE}places.json", views_steps.places, name="layer-import-places"),
    path(f"{_FILE}trial/", views_steps.trial, name="layer-import-trial"),
    path(f"{_FILE}issues.csv", views_steps.issues_csv, name="layer-import-issues"),
    path(f"{_FILE}import/", views_steps.importing, name="layer-import-result"),
    path(f"{_FILE}state.json", views_steps.state_json, name="layer-import-state"),
    path(f"{_FILE}cancel", views_steps.cancel, name="layer-import-cancel"),
    path(f"{_FILE}remove", views_steps.remove, name="layer-import-remove"),
]
