"""The numbers of an application in words, as a missing one is named to the applicant."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from planning.sentences import Said, named, said


def missing_number(field: str) -> Said:
    """Return what is to be stated; a field without words keeps its own name."""
    words = {
        "floor_area_m2": said("the floor area of every use in m², not below the footprint"),
        "floors": said("the number of floors, the ground floor included"),
        "basement_depth_m": said("the depth of the basement in m, 0 for none"),
        "height_m": said("the height of the building in m"),
        "rooms": said("the number of rooms"),
        "seats": said("the number of seats"),
    }
    return words.get(field) or named(field, field)


def missing_numbers(fields: Iterable[str]) -> list[Said]:
    """Return several of them."""
    return [missing_number(field) for field in fields]


def counted_unit(field: str) -> str:
    """Return what a size is counted in, in the reader's language."""
    units = {
        "floors": _("floors"),
        "rooms": _("rooms"),
        "floor_area_m2": _("m² of floor area"),
    }
    return units[field]
