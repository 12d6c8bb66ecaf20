"""What the attributes of features are called and mean, where a layer does not say it itself.

The keys are those of the demo city, of published hazard maps and of reservations; a key that no
list knows is shown as the file has it.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from layers.classes import read_table
from layers.models import in_reader_language
from layers.numbers import general, number, quantity
from layers.vocab import Basis

Text = str | Promise

TITLES: Mapping[str, Text] = {
    "hazard_class": _("flood hazard class"),
    "depth_min_m": _("depth from"),
    "depth_max_m": _("depth to"),
    "deepest_m": _("deepest water"),
    "velocity_max_m_s": _("greatest velocity"),
    "return_period_years": _("return period"),
    "duration_h": _("duration of the rain"),
    "run": _("number of the run"),
    "cells": _("cells of the model"),
    "scenario": _("scenario code"),
    "basis": _("basis"),
    "subject_share": _("share of it concerned"),
    "worst_feature": _("worst area"),
    "area_m2": _("area"),
    "length_m": _("length"),
    "width_m": _("width"),
    "height_m": _("height"),
    "floors": _("floors"),
    "storeys": _("storeys"),
    "ground_m": _("elevation of the ground"),
    "elevation_m": _("elevation of the aerodrome"),
    "green_area_m2": _("green area"),
    "parking_cars": _("parking places for cars"),
    "planned_year": _("planned for the year"),
    "floor_area_m2": _("floor area"),
    "legal_area_m2": _("area in the title"),
    "parcel_no": _("parcel number"),
    "parcel": _("parcel number"),
    "tenure": _("tenure"),
    "title_type": _("kind of title"),
    "block": _("block"),
    "beds": _("beds"),
    "pupils": _("pupils"),
    "rooms": _("rooms"),
    "school_level": _("level of the school"),
    "opened_year": _("opened in"),
    "runway_length_m": _("length of the runway"),
    "voltage_kv": _("voltage"),
    "row_m": _("right of way"),
    "code": _("code"),
    "zone": _("zone"),
    "note": _("remark"),
    "reference": _("reference"),
    "status": _("status"),
    "beneficiary": _("beneficiary"),
    "instrument": _("legal instrument"),
    "synthetic": _("drawn for the demonstration"),
    "residential": _("people live here"),
    "people": _("people"),
}
UNITS_OF: Mapping[str, Text] = {
    "return_period_years": _("years"),
    "duration_h": _("hours"),
    "voltage_kv": "kV",
}
_UNIT_ENDINGS = (("_m2", "m2"), ("_m", "m"))
# Counts and measures; all other numbers are years, codes or keys and stay ungrouped.
_COUNTED = frozenset({"cells", "floors", "beds", "pupils", "rooms", "people"})


def property_title(name: str, field: Mapping[str, str]) -> str:
    """Return what an attribute is called: as its layer states it, else as it is usually called."""
    stated = in_reader_language(field.get("title_km", ""), field.get("title_en", ""))
    return stated or str(TITLES.get(name, name))


def property_unit(name: str, field: Mapping[str, str]) -> str:
    """Return the unit of an attribute as the reader reads it, empty for none."""
    if name in UNITS_OF:
        return str(UNITS_OF[name])
    ending = next((unit for end, unit in _UNIT_ENDINGS if name.endswith(end)), "")
    return field.get("unit", "") or ending


def property_value(name: str, value: Any, field: Mapping[str, str]) -> str:  # noqa: ANN401 - JSON
    """Return the value of an attribute as a sentence may hold it, with its unit."""
    unit = property_unit(name, field)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, int | float):
        if unit:
            return quantity(value, unit)
        return number(value) if name in _COUNTED or value != int(value) else general(value)
    if name == "basis" and value in Basis.values:
        return str(Basis(value).label)
    if name == "hazard_class":
        return hazard_class(str(value))
    return coded_value(name, str(value))


# Codes as records hold them, by attribute, as a reader reads them; other apps add theirs.
_CODED: dict[str, Mapping[str, Text]] = {
    "title_type": {
        "hard_title": _("hard title"),
        "soft_title": _("soft title"),
        "no_title": _("no title"),
    },
    "vertical_datum": {
        "above ground": _("above ground"),
        "not stated": _("not stated"),
    },
}
# Attributes whose codes are rows of a table: which, by which column.
_TABLES = {"school_level": ("service_standards", "code"), "road_class": ("road_hierarchy", "class")}


def name_codes(attribute: str, choices: type[TextChoices]) -> None:
    """Let an attribute's codes be read by the labels of these choices."""
    _CODED[attribute] = {choice.value: choice.label for choice in choices}


def coded_value(attribute: str, code: str) -> str:
    """Return a code in the reader's language; one that nobody names as it stands."""
    if attribute in _TABLES:
        table, column = _TABLES[attribute]
        rows = {row[column]: row for row in read_table(table)}
        if row := rows.get(code):
            name_en = row.get("service") or row.get("name_en", "")
            return in_reader_language(row["name_km_draft"], name_en)
    return str(_CODED.get(attribute, {}).get(code, code))


def hazard_class(code: str) -> str:
    """Return a flood hazard class with its meaning: H3 high."""
    for row in read_table("flood_classes"):
        if row["class"] == code:
            return f"{code} {in_reader_language(row['meaning_km_draft'], row['meaning_en'])}"
    return code
