"""What a reader asks of the catalogue, and how a layer is described; errors at the field."""

from django import forms
from django.utils.translation import gettext_lazy as _

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

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        themes = [(theme.code, theme.title) for theme in (*THEMES, OTHER)]
        self.fields["theme"].choices = [("", _("all themes")), *themes]  # type: ignore[attr-defined]
        self.fields["sort"].choices = [  # type: ignore[attr-defined]
            ("", _("by theme")),
            ("title", _("by title")),
            ("published", _("newest first")),
            ("captured", _("latest captured first")),
        ]


class DescriptionForm(forms.ModelForm[Layer]):
    """The description of a layer in both languages."""

    class Meta:  # noqa: D106 - Django's
        model = Layer
        fields = [
            "title_km", "title_en", "description_km", "description_en", "theme", "source",
            "licence", "steward", "scale_denominator", "visibility",
        ]  # fmt: skip
