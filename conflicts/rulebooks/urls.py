"""The addresses of rule books."""

from django.urls import URLPattern, URLResolver, path

from conflicts.rulebooks import views, views_rule

VERSION = "<slug:code>/<int:version>"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.rulebook_list, name="rulebooks"),
    path("effects/<uuid:token>/cancel", views_rule.effects_cancel, name="rulebook-effects-cancel"),
    path("<slug:code>/compare/", views.rulebook_compare, name="rulebook-compare"),
    path(f"{VERSION}/", views.rulebook_page, name="rulebook"),
    path(f"{VERSION}/file.yaml", views.rulebook_file, name="rulebook-file"),
    path(f"{VERSION}/draft", views.rulebook_draft, name="rulebook-draft"),
    path(f"{VERSION}/ratify", views.rulebook_ratify, name="rulebook-ratify"),
    path(f"{VERSION}/discard", views.rulebook_discard, name="rulebook-discard"),
    path(f"{VERSION}/rules/<slug:rule_code>/", views_rule.rule_page, name="rulebook-rule"),
    path(
        f"{VERSION}/rules/<slug:rule_code>/effects",
        views_rule.rule_effects,
        name="rulebook-rule-effects",
    ),
]
