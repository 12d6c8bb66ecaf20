"""The addresses of drafts, surveyed areas and the past of layers, under ``layers/<slug>/``."""

from django.urls import URLPattern, URLResolver, path

from layers.editing import (
    views_drafts,
    views_editor,
    views_history,
    views_operations,
    views_surveys,
)

_DRAFT = "<slug:slug>/drafts/<int:number>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("<slug:slug>/edit/", views_editor.edit_page, name="layer-edit"),
    path("<slug:slug>/edit/drafts/", views_editor.draft_pages, name="layer-edit-drafts"),
    path("<slug:slug>/surveyed/edit/", views_editor.survey_page, name="layer-survey-edit"),
    path("<slug:slug>/drafts/", views_drafts.draft_list, name="layer-drafts"),
    path(_DRAFT, views_drafts.draft_page, name="layer-draft"),
    path(f"{_DRAFT}discard", views_drafts.discard, name="layer-draft-discard"),
    path(f"{_DRAFT}publish", views_drafts.publish, name="layer-draft-publish"),
    path(f"{_DRAFT}features", views_drafts.features, name="layer-draft-features"),
    path(f"{_DRAFT}features/<path:stable_id>", views_drafts.feature, name="layer-draft-feature"),
    path(f"{_DRAFT}withdraw", views_drafts.withdraw, name="layer-draft-withdraw"),
    path(f"{_DRAFT}edits", views_drafts.edits, name="layer-draft-edits"),
    path(f"{_DRAFT}stale", views_drafts.stale, name="layer-draft-stale"),
    path(f"{_DRAFT}stale/<path:stable_id>", views_drafts.resolve, name="layer-draft-resolve"),
    path(f"{_DRAFT}check", views_drafts.check, name="layer-draft-check"),
    path(f"{_DRAFT}operations", views_operations.operate, name="layer-draft-operations"),
    path("<slug:slug>/surveyed/", views_surveys.surveyed_list, name="layer-surveyed"),
    path(
        "<slug:slug>/surveyed/<int:number>/",
        views_surveys.surveyed_area,
        name="layer-surveyed-area",
    ),
    path("<slug:slug>/surveyed/changes/", views_surveys.survey_changes, name="layer-surveyed-log"),
    path("<slug:slug>/history/", views_history.history_page, name="layer-history"),
    path("<slug:slug>/history.json", views_history.history_json, name="layer-history-json"),
    path("<slug:slug>/diff/", views_history.diff_page, name="layer-diff"),
    path("<slug:slug>/diff.json", views_history.diff_json, name="layer-diff-json"),
    path(
        "<slug:slug>/versions/<int:number>/features",
        views_history.version_features,
        name="layer-version-features",
    ),
    path(
        "<slug:slug>/versions/<int:number>/features/<path:stable_id>",
        views_history.version_feature,
        name="layer-version-feature",
    ),
    path("<slug:slug>/revert", views_history.revert, name="layer-revert"),
]
