"""What-if without a map: a GeoJSON file, and what counts for features that do not say it."""

from functools import partial

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from conflicts.alternatives.limits import LARGEST_BYTES
from conflicts.alternatives.reading import Unstated
from conflicts.whatif import PROPOSALS
from layers.models import LandUseClass
from layers.profiles.choice import current_choice
from layers.visibility import Reader, visible_layers
from layers.vocab import GeometryKind, Lifecycle


def _classes() -> list[tuple[str, str]]:
    choice = current_choice()
    rows = LandUseClass.objects.order_by("scheme", "code")
    # what the city does not use comes last: whoever misses a landfill would name no class at all
    ordered = sorted(rows, key=lambda row: not choice.uses_class(row.code))
    named = [(row.code, f"{row.name} ({row.code})") for row in ordered]
    return [("", _("as the file says")), *named]


class GeoJsonForm(forms.Form):
    """A file whose features would come or stand otherwise."""

    file = forms.FileField(label=gettext_lazy("GeoJSON file"))
    land_use = forms.ChoiceField(
        label=gettext_lazy("Class of features that state none"),
        choices=partial(_classes),
        required=False,
    )
    lifecycle = forms.ChoiceField(
        label=gettext_lazy("Lifecycle of features that state none"),
        choices=Lifecycle.choices,
        initial=Lifecycle.PLANNED,
    )
    layer = forms.ChoiceField(label=gettext_lazy("Layer"), required=False)

    def __init__(self, *given: object, reader: Reader, **named: object) -> None:
        super().__init__(*given, **named)  # type: ignore[arg-type]
        layers = visible_layers(reader).exclude(geometry_kind=GeometryKind.RASTER)
        titles = [(row.slug, row.title) for row in layers.order_by("theme", "slug")]
        field = self.fields["layer"]
        if isinstance(field, forms.ChoiceField):
            rest = [each for each in titles if each[0] != PROPOSALS]
            field.choices = [(PROPOSALS, _("Proposals")), *rest]

    def clean_file(self) -> object:
        """Refuse a file that is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > LARGEST_BYTES:
            raise forms.ValidationError(
                _("The file has more than %(most)s MB. Hand in fewer features.")
                % {"most": LARGEST_BYTES // 1024**2}
            )
        return file

    def unstated(self) -> Unstated:
        """Return what counts for features that do not say it; only of a valid form."""
        return Unstated(
            layer=self.cleaned_data["layer"] or PROPOSALS,
            land_use=self.cleaned_data["land_use"] or None,
            lifecycle=self.cleaned_data["lifecycle"],
        )
