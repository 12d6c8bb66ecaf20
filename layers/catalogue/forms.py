"""What a reader asks of the catalogue, and how a layer is described; errors at the field."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from layers.catalogue.places import SoughtPlace, rectangle_asked
from layers.exports.selection import SelectionError
from layers.legend import OTHER, THEMES
from layers.models import Layer
from layers.search import MOST_LETTERS


class CatalogueForm(forms.Form):
    """The search above the list of layers."""

    q = forms.CharField(label=_("Words"), required=False, max_length=MOST_LETTERS)
    theme = forms.ChoiceField(label=_("Theme"), required=False)
    place = forms.CharField(
        label=_("Place"),
        required=False,
        max_length=MOST_LETTERS,
        help_text=_("The name of a sangkat, village or other place."),
    )
    sangkat = forms.ChoiceField(label=_("Sangkat"), required=False)
    bbox = forms.CharField(
        label=_("Rectangle"),
        required=False,
        max_length=120,
        help_text=_("West, south, east, north in degrees: 103.45,10.55,103.60,10.70"),
    )
    since = forms.DateField(
        label=_("Captured from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=_("Captured to"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    sort = forms.ChoiceField(label=_("Order"), required=False)

    def __init__(
        self, asked: Mapping[str, Any] | None, sangkats: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(asked)
        self.rectangle: SoughtPlace | None = None
        if sangkats:
            self.fields["sangkat"].choices = [("", _("all sangkats")), *sangkats]  # type: ignore[attr-defined]
        else:
            del self.fields["sangkat"]
        themes = [(theme.code, theme.title) for theme in (*THEMES, OTHER)]
        self.fields["theme"].choices = [("", _("all themes")), *themes]  # type: ignore[attr-defined]
        self.fields["sort"].choices = [  # type: ignore[attr-defined]
            ("", _("by theme")),
            ("title", _("by title")),
            ("published", _("newest first")),
            ("captured", _("latest captured first")),
        ]

    def clean_bbox(self) -> str:
        """Refuse what is no rectangle, with the sentence that tells how to write one."""
        text: str = self.cleaned_data["bbox"].strip()
        if text:
            try:
                self.rectangle = rectangle_asked(text)
            except SelectionError as error:
                raise forms.ValidationError(str(error)) from error
        return text

    @property
    def asks_for_no_place(self) -> bool:
        """True when a rectangle or a sangkat is asked for that does not exist: a bad request."""
        return bool({"bbox", "sangkat"} & set(self.errors))


class DescriptionForm(forms.ModelForm[Layer]):
    """The description of a layer in both languages."""

    class Meta:  # noqa: D106 - Django's
        model = Layer
        fields = [
            "title_km", "title_en", "description_km", "description_en", "theme", "source",
            "licence", "steward", "scale_denominator", "visibility",
        ]  # fmt: skip
