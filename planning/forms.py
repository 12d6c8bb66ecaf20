"""The permit form: what an applicant types, in Khmer or Arabic digits, made an application."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from layers.classes import read_table
from layers.errors import UserFacingError
from layers.models import LandUseClass
from layers.numbers import AmbiguousNumberError, typed_number
from layers.profiles.choice import current_choice
from planning.errors import ApplicationError, NoParcelHereError
from planning.permits.application import EVERYTHING

USE_ROWS = 3
# What a use states, and the field of its row on the form.
USE_FIELDS = {"class": "use", "floor_area_m2": "floor_area"}
PROPOSAL_FIELDS = (
    "floors", "height_m", "basement_depth_m", "footprint_area_m2", "green_area_m2",
    "parking_cars", "parking_motorbikes", "floor_level_above_ground_m",
)  # fmt: skip


class NumberField(forms.FloatField):
    """A number in Khmer or Arabic digits, with decimal comma or point; empty is not stated."""

    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    default_error_messages = {"invalid": _("This is no number. Write it in digits.")}

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

    file = forms.FileField(
        label=_("Application file (JSON)"),
        required=False,
        error_messages={"empty": _("The file is empty. Choose another one.")},
    )
    reference = forms.CharField(label=_("Reference"), required=False, max_length=80)
    parcels = forms.CharField(
        label=_("Parcel numbers"), required=False, help_text=_("Several: set a comma between.")
    )
    floors = NumberField(label=_("Floors, the ground floor included"), required=False)
    height_m = NumberField(label=_("Height [m]"), required=False)
    basement_depth_m = NumberField(
        label=_("Basement depth [m]"), required=False, help_text=_("0: no basement.")
    )
    footprint_area_m2 = NumberField(label=_("Footprint [m²]"), required=False)
    green_area_m2 = NumberField(label=_("Green area [m²]"), required=False)
    parking_cars = NumberField(label=_("Car parking spaces"), required=False)
    parking_motorbikes = NumberField(label=_("Motorbike parking spaces"), required=False)
    demolished = forms.CharField(
        label=_("Buildings taken down"),
        required=False,
        help_text=_(
            "Their numbers, with a comma between. Every other building on the plot stays and "
            "counts."
        ),
    )
    clears_plot = forms.BooleanField(
        label=_("Nothing else stands on the plot when this is built"), required=False
    )
    floor_level_above_ground_m = NumberField(
        label=_("Ground floor above the ground [m]"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as Django calls it
        super().__init__(*args, **kwargs)
        choices = [("", "—"), *use_choices()]
        for row in range(1, USE_ROWS + 1):
            self.fields[f"use_{row}"] = forms.ChoiceField(
                label=_("Use"),
                choices=choices,
                required=False,
                error_messages={"invalid_choice": _("Choose a use from the list.")},
            )
            self.fields[f"floor_area_{row}"] = NumberField(
                label=_("Floor area [m²]"), required=False
            )
            self.fields[f"dwellings_{row}"] = NumberField(label=_("Dwellings"), required=False)

    def use_rows(self) -> list[list[Any]]:
        """Return the fields of each use, row by row, for the page."""
        names = ("use", "floor_area", "dwellings")
        return [[self[f"{name}_{row}"] for name in names] for row in range(1, USE_ROWS + 1)]

    def building_fields(self) -> list[Any]:
        """Return the fields of the building, for the page."""
        return [self[name] for name in (*PROPOSAL_FIELDS, "demolished", "clears_plot")]

    def clean(self) -> dict[str, Any]:
        """Refuse numbers of a use that is not chosen: left out, they would be missing in sums."""
        typed = super().clean() or self.cleaned_data
        for row in range(1, USE_ROWS + 1):
            numbers = (typed.get(f"floor_area_{row}"), typed.get(f"dwellings_{row}"))
            if not typed.get(f"use_{row}") and numbers != (None, None):
                self.add_error(f"use_{row}", _("Choose the use these numbers belong to."))
        if not typed.get("file") and "file" not in self.errors:
            self._ask_for_place_and_use(typed)
        return dict(typed)

    def _ask_for_place_and_use(self, typed: dict[str, Any]) -> None:
        """Ask for what no check can do without; an application file states it itself."""
        if not _listed(typed.get("parcels") or ""):
            self.add_error("parcels", _("Name the parcel: type its number, or pick it on the map."))
        chosen = any(typed.get(f"use_{row}") for row in range(1, USE_ROWS + 1))
        if not chosen and "use_1" not in self.errors:
            self.add_error("use_1", _("Choose what the building is used for."))

    def show_beside_field(self, error: UserFacingError) -> bool:
        """Put an error of the application beside the field it names; tell whether there is one."""
        if isinstance(error, NoParcelHereError):
            self.add_error("parcels", f"{error.what} {error.remedy}")
            return True
        name = self._field_of(error) if isinstance(error, ApplicationError) else ""
        if name not in self.fields or self.cleaned_data.get("file"):
            return False
        self.add_error(name, getattr(error, "problem", str(error)))
        return True

    def _field_of(self, error: ApplicationError) -> str:
        """Return the field of the form that states what the error names."""
        if not error.use:
            return error.field
        filled = [row for row in range(1, USE_ROWS + 1) if self.cleaned_data.get(f"use_{row}")]
        row = filled[error.use - 1] if error.use <= len(filled) else 1
        return f"{USE_FIELDS.get(error.field, error.field)}_{row}"

    def application(self) -> dict[str, Any]:
        """Return the application the fields state; an empty field states nothing."""
        typed = self.cleaned_data
        uses = [_use(typed, row) for row in range(1, USE_ROWS + 1) if typed[f"use_{row}"]]
        numbers = {name: typed[name] for name in PROPOSAL_FIELDS if typed[name] is not None}
        taken_down = EVERYTHING if typed["clears_plot"] else _listed(typed["demolished"])
        return {
            "reference": typed["reference"] or "WEB",
            "parcels": _listed(typed["parcels"]),
            "proposal": {"uses": uses, "demolished": taken_down, **numbers},
        }


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def use_choices() -> list[tuple[str, Any]]:
    """Return the uses the use table knows, those the city uses first, in the reader's language."""
    codes = [row["use_code"] for row in read_table("use_zone_matrix")]
    names = {row.code: row.name for row in LandUseClass.objects.filter(code__in=codes)}
    return current_choice().pick_list((code, names[code]) for code in codes if code in names)


def _use(typed: dict[str, Any], row: int) -> dict[str, Any]:
    stated = {
        "floor_area_m2": typed[f"floor_area_{row}"],
        "dwellings": typed[f"dwellings_{row}"],
    }
    numbers = {name: value for name, value in stated.items() if value is not None}
    return {"class": typed[f"use_{row}"], **numbers}
