"""The permit form: what an applicant types, in Khmer or Arabic digits, made an application."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from layers.classes import read_table
from layers.models import LandUseClass
from layers.numbers import AmbiguousNumberError, typed_number

USE_ROWS = 3
PROPOSAL_FIELDS = (
    "floors", "height_m", "basement_depth_m", "footprint_area_m2", "green_area_m2",
    "parking_cars", "floor_level_above_ground_m",
)  # fmt: skip


class NumberField(forms.FloatField):
    """A number in Khmer or Arabic digits, with decimal comma or point; empty is not stated."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 - Django types it as whole numbers
        """Return the number; one mark before three digits could be a thousand: asked back."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return super().to_python(repr(typed_number(text)))
        except AmbiguousNumberError as error:
            raise forms.ValidationError(
                _("Does the mark stand for decimals or thousands? Write 1000 or 1.0.")
            ) from error
        except ValueError as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error


class PermitForm(forms.Form):
    """One proposed building on one or more parcels."""

    file = forms.FileField(label=_("Application file (JSON)"), required=False)
    reference = forms.CharField(label=_("Reference"), required=False, max_length=80)
    parcels = forms.CharField(
        label=_("Parcel numbers"), required=False, help_text=_("Several: set a comma between.")
    )
    floors = NumberField(label=_("Floors, the ground floor included"), required=False, min_value=0)
    height_m = NumberField(label=_("Height [m]"), required=False, min_value=0)
    basement_depth_m = NumberField(
        label=_("Basement depth [m]"), required=False, min_value=0, help_text=_("0: no basement.")
    )
    footprint_area_m2 = NumberField(label=_("Footprint [m²]"), required=False, min_value=0)
    green_area_m2 = NumberField(label=_("Green area [m²]"), required=False, min_value=0)
    parking_cars = NumberField(label=_("Car parking spaces"), required=False, min_value=0)
    floor_level_above_ground_m = NumberField(
        label=_("Ground floor above the ground [m]"), required=False, min_value=0
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as Django calls it
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *use_choices()]
        for row in range(1, USE_ROWS + 1):
            self.fields[f"use_{row}"] = forms.ChoiceField(
                label=_("Use"), choices=choices, required=False
            )
            self.fields[f"floor_area_{row}"] = NumberField(
                label=_("Floor area [m²]"), required=False, min_value=0
            )
            self.fields[f"dwellings_{row}"] = NumberField(
                label=_("Dwellings"), required=False, min_value=0
            )

    def use_rows(self) -> list[list[Any]]:
        """Return the fields of each use, row by row, for the page."""
        names = ("use", "floor_area", "dwellings")
        return [[self[f"{name}_{row}"] for name in names] for row in range(1, USE_ROWS + 1)]

    def building_fields(self) -> list[Any]:
        """Return the fields of the building, for the page."""
        return [self[name] for name in PROPOSAL_FIELDS]

    def clean(self) -> dict[str, Any]:
        """Refuse numbers of a use that is not chosen: left out, they would be missing in sums."""
        typed = super().clean() or self.cleaned_data
        for row in range(1, USE_ROWS + 1):
            numbers = (typed.get(f"floor_area_{row}"), typed.get(f"dwellings_{row}"))
            if not typed.get(f"use_{row}") and numbers != (None, None):
                self.add_error(f"use_{row}", _("Choose the use these numbers belong to."))
        return dict(typed)

    def application(self) -> dict[str, Any]:
        """Return the application the fields state; an empty field states nothing."""
        typed = self.cleaned_data
        uses = [_use(typed, row) for row in range(1, USE_ROWS + 1) if typed[f"use_{row}"]]
        numbers = {name: typed[name] for name in PROPOSAL_FIELDS if typed[name] is not None}
        return {
            "reference": typed["reference"] or "WEB",
            "parcels": [name.strip() for name in typed["parcels"].split(",") if name.strip()],
            "proposal": {"uses": uses, **numbers},
        }


def use_choices() -> list[tuple[str, str]]:
    """Return the uses the use table knows, named in the reader's language."""
    codes = [row["use_code"] for row in read_table("use_zone_matrix")]
    names = {row.code: row.name for row in LandUseClass.objects.filter(code__in=codes)}
    return [(code, names[code]) for code in codes if code in names]


def _use(typed: dict[str, Any], row: int) -> dict[str, Any]:
    stated = {
        "floor_area_m2": typed[f"floor_area_{row}"],
        "dwellings": typed[f"dwellings_{row}"],
    }
    numbers = {name: value for name, value in stated.items() if value is not None}
    return {"class": typed[f"use_{row}"], **numbers}
