"""The numbers of a proposal: what each may be, and which of them no building can have."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from planning.errors import ApplicationError

# What a number may be at most; beyond it a unit was mistaken, not a building meant.
PROPOSAL_NUMBERS = {
    "floors": 200, "basement_depth_m": 100, "height_m": 1000, "footprint_area_m2": 10_000_000,
    "green_area_m2": 10_000_000, "parking_cars": 100_000, "parking_motorbikes": 100_000,
    "floor_level_above_ground_m": 50, "retaining_wall_height_m": 100, "water_tank_height_m": 500,
    "water_tank_volume_m3": 1_000_000,
}  # fmt: skip
USE_NUMBERS = {
    "floor_area_m2": 10_000_000, "dwellings": 100_000, "rooms": 100_000, "beds": 100_000,
    "classrooms": 10_000, "seats": 1_000_000,
}  # fmt: skip
WHOLE_NUMBERS = frozenset(
    {"floors", "parking_cars", "parking_motorbikes", "dwellings", "rooms", "beds", "classrooms",
     "seats"}
)  # fmt: skip
# One floor, one metre, one square metre, one dwelling: what has less is no building. Such a number
# is a mistake, and a limit that bounds it from above would clear it.
LEAST = 1
BUILDING_NUMBERS = ("floors", "height_m", "footprint_area_m2")


def read_number(record: Mapping[str, Any], name: str, *, use: int = 0) -> float | None:
    """Return a number that is stated, finite, not negative and of a size that can be meant.

    ``use`` counts the uses from 1; 0 is the proposal itself.
    """
    value = record.get(name)
    if value is None:
        return None
    most = (USE_NUMBERS if use else PROPOSAL_NUMBERS)[name]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise number_error(name, use, _("%(value)r is not a number.") % {"value": value})
    if not 0 <= value <= most:  # refuses what is not a number as well
        span = {"value": value, "most": f"{most:,}"}
        problem = _("%(value)s does not lie between 0 and %(most)s.") % span
        raise number_error(name, use, problem)
    if name in WHOLE_NUMBERS and value != int(value):
        raise number_error(name, use, _("%(value)s is not a whole number.") % {"value": value})
    return float(value)


def refuse_less_than_one(name: str, value: float | None, *, use: int = 0) -> None:
    """Refuse a stated number below one of what it counts; what is not stated stays open."""
    if value is not None and value < LEAST:
        raise number_error(
            name,
            use,
            _("%(value)s is not possible: a building has at least 1.") % {"value": f"{value:g}"},
            remedy=_("Leave out what is not known yet: a 0 would be checked as 0."),
        )


def refuse_half_a_building(numbers: Mapping[str, float | None], *, has_building: bool) -> None:
    """Refuse a 0 beside a number of a building: open ground has none of them, or all."""
    stated = {name: numbers[name] for name in BUILDING_NUMBERS if numbers[name] is not None}
    if has_building or any(stated.values()):
        for name, value in stated.items():
            refuse_less_than_one(name, value)


def number_error(name: str, use: int, problem: str, *, remedy: str = "") -> ApplicationError:
    """Return the error of one number, which a form shows beside its field."""
    where = _("a use") if use else _("the proposal")
    what = _("Field '%(name)s' of %(where)s: %(problem)s")
    return ApplicationError(
        what % {"name": name, "where": where, "problem": problem},
        remedy=remedy,
        field=name,
        use=use,
        problem=problem,
    )
