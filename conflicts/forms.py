"""What a planner fills in about a finding, and what the list is filtered by."""

from functools import partial
from typing import Any

from django import forms
from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from conflicts.filters import OUTSIDE, UNPLACED, YES
from conflicts.kinds import KINDS
from conflicts.life.queries import OVERDUE
from conflicts.review.vocab import kind_name
from conflicts.vocab import FindingState, Severity
from layers.catalogue.places import sangkat_choices
from layers.visibility import Reader, visible_layers
from layers.vocab import Basis, GeometryKind


def _or_all(choices: type[TextChoices]) -> list[tuple[str, str]]:
    return [("", gettext("all")), *((choice.value, str(choice.label)) for choice in choices)]


def _kinds() -> list[tuple[str, str]]:
    return [("", gettext("all")), *((kind, kind_name(kind)) for kind in KINDS)]


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class FindingFilterForm(forms.Form):
    """The filters of the list of findings; which side of a group is shown is kept unseen."""

    view = forms.ChoiceField(
        label=_("list"),
        required=False,
        choices=[("", _("by rule and place")), ("each", _("every conflict"))],
    )
    q = forms.CharField(label=_("words"), required=False, max_length=200)
    kind = forms.ChoiceField(label=_("kind of conflict"), required=False, choices=_kinds)
    rule = forms.CharField(label=_("rule"), required=False, max_length=40)
    severity = forms.ChoiceField(
        label=_("severity (this or graver)"), required=False, choices=partial(_or_all, Severity)
    )
    state = forms.ChoiceField(
        label=_("state"), required=False, choices=partial(_or_all, FindingState)
    )
    basis = forms.ChoiceField(label=_("basis"), required=False, choices=partial(_or_all, Basis))
    sangkat = forms.ChoiceField(label=_("sangkat"), required=False)
    layer = forms.ChoiceField(label=_("layer"), required=False)
    new_from = forms.DateField(label=_("first seen from"), required=False, widget=_day_input())
    new_before = forms.DateField(label=_("first seen before"), required=False, widget=_day_input())
    unsettled = forms.BooleanField(
        label=_("only what is not settled"),
        required=False,
        widget=forms.CheckboxInput(attrs={"value": YES}),
    )

    waiting = forms.BooleanField(
        label=_("waits for approval"),
        required=False,
        widget=forms.CheckboxInput(attrs={"value": YES}),
    )
    existing = forms.BooleanField(
        label=_("existing nonconforming use"),
        required=False,
        widget=forms.CheckboxInput(attrs={"value": YES}),
    )
    due = forms.BooleanField(
        label=_("overdue"),
        required=False,
        widget=forms.CheckboxInput(attrs={"value": OVERDUE}),
    )

    def __init__(self, data: Any, *, reader: Reader) -> None:  # noqa: ANN401 - a request's words
        super().__init__(data)
        for name, choices in (
            ("sangkat", [*sangkat_choices(reader), *_no_sangkat(data.get("sangkat", ""))]),
            ("layer", [(each.slug, each.title) for each in _layers(reader)]),
        ):
            self.fields[name].choices = [("", gettext("all")), *choices]  # type: ignore[attr-defined]
        for name in UNSEEN:
            self.fields[name] = forms.CharField(required=False, widget=forms.HiddenInput)


# Filters that a link sets and the form only hands on.
UNSEEN = ("assigned", "rulebook", "exact_severity", "note", "detection", "change", "bbox",
          "subject_layer", "subject", "object_layer", "object")  # fmt: skip


def _no_sangkat(asked: str) -> list[tuple[str, str]]:
    """Return the choices beside the sangkats, where one of them is asked for."""
    told = {OUTSIDE: gettext("outside every sangkat"), UNPLACED: gettext("not looked up yet")}
    return [(asked, told[asked])] if asked in told else []


def _layers(reader: Reader) -> Any:  # noqa: ANN401 - a QuerySet
    return visible_layers(reader).exclude(geometry_kind=GeometryKind.RASTER).order_by("slug")
