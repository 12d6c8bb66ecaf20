"""The standards of services: what each asks for, and what it rests on.

``service_standards.csv`` states the figures with their source; ``service_selections.csv`` says
which features of the city's layers are such a place. Nothing here has the force of law.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from conflicts.service_study.vocab import Catchment, Measure
from layers.classes import read_table
from layers.errors import UserFacingError
from layers.vocab import Basis

INDICATORS = frozenset({"S44"})  # the sources that are SDG metadata
BASES = {
    "found": Basis.FOREIGN_REFERENCE,
    "gk": Basis.GENERAL_KNOWLEDGE,
    "demo": Basis.DEMO_VALUE,
}
LAND_BY_SITE = "m2/site"


class ServiceQuestionError(UserFacingError):
    """A study that cannot be made."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """Which features are places of a service.

    Of ``classes`` (with their branches) all; of ``wider`` classes those whose attribute says so.
    ``far_classes`` are places that serve farther, up to ``far_m``. ``is_open``: entered from every
    street along it, as a park is.
    """

    classes: tuple[str, ...]
    wider: tuple[str, ...]
    attribute: str
    value: str
    least_site_m2: float
    is_open: bool
    places_attribute: str
    far_classes: tuple[str, ...]
    far_m: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceStandard:
    """What one service should be like; a figure the table does not state is None."""

    code: str
    title_en: str
    title_km: str
    catchment: Catchment
    catchment_m: float | None
    people_per_facility: float | None
    places_per_1000: float | None
    m2_per_person: float | None
    basis: Basis
    source: str
    note: str
    is_indicator: bool
    selection: Selection

    @property
    def title(self) -> str:
        """The name of the service in the reader's language."""
        is_khmer = (get_language() or "").startswith("km")
        return self.title_km if is_khmer and self.title_km else self.title_en

    @property
    def reach_m(self) -> float:
        """The farthest at which a place of this service serves anyone [m]; 0: it states none."""
        is_far = self.catchment_m and self.selection.far_classes
        return max(self.catchment_m or 0.0, self.selection.far_m if is_far else 0.0)

    @property
    def asks_distance(self) -> bool:
        """True when it says how far people may have to go."""
        return bool(self.catchment_m) and self.catchment != Catchment.SPACING

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What it asks for."""
        asked = {
            Measure.COVERAGE: self.asks_distance,
            Measure.AREA: self.m2_per_person is not None,
            Measure.PLACES: self.places_per_1000 is not None,
            Measure.NUMBER: self.people_per_facility is not None,
        }
        return tuple(measure for measure, is_asked in asked.items() if is_asked)


@cache
def standards() -> dict[str, ServiceStandard]:
    """Return every standard of the table by its code."""
    selections = {row["code"]: row for row in read_table("service_selections")}
    return {
        row["code"]: _standard(row, selections[row["code"]])
        for row in read_table("service_standards")
    }


def standards_named(codes: tuple[str, ...]) -> list[ServiceStandard]:
    """Return these standards (all when none is named).

    Raises
    ------
    ServiceQuestionError
        There is no standard of that name.
    """
    known = standards()
    if unknown := [code for code in codes if code not in known]:
        raise ServiceQuestionError(
            _("There is no standard for '%(code)s'.") % {"code": unknown[0]},
            remedy=_("Use only: %(known)s.") % {"known": ", ".join(known)},
        )
    return [each for code, each in known.items() if not codes or code in codes]


@cache
def household_size() -> tuple[float, Basis, str]:
    """Return how many people a household has on average, what that rests on, and the note."""
    [row] = [row for row in read_table("demand_parameters") if row["key"] == "household_size"]
    return float(row["value"]), BASES[row["verified"]], row["note"]


def _standard(row: Mapping[str, str], selected: Mapping[str, str]) -> ServiceStandard:
    sources = row["src"].split(";") if row["src"] else []
    return ServiceStandard(
        code=row["code"],
        title_en=row["service"],
        title_km=row["name_km_draft"],
        catchment=Catchment(row["catchment_type"]),
        catchment_m=_number(row["catchment_m"]),
        people_per_facility=_number(row["people_per_facility"]),
        places_per_1000=_number(row["places_per_1000"]),
        m2_per_person=_number(row["m2_per_person"]),
        basis=Basis.BENCHMARK if INDICATORS & set(sources) else BASES[row["verified"]],
        source=", ".join(f"[{source}]" for source in sources),
        note=row["note"],
        is_indicator=bool(selected["is_indicator"]),
        selection=_selection(row, selected),
    )


def _selection(row: Mapping[str, str], selected: Mapping[str, str]) -> Selection:
    # the table's own least site, where it says how large one is
    least = _number(selected["least_site_m2"]) or 0.0
    if least and (row["land_unit"] != LAND_BY_SITE or least != _number(row["land_per_unit"])):
        raise ValueError(row["code"])
    return Selection(
        classes=tuple(selected["classes"].split()),
        wider=tuple(selected["wider_classes"].split()),
        attribute=selected["attribute"],
        value=selected["value"],
        least_site_m2=least,
        is_open=bool(selected["is_open"]),
        places_attribute=selected["places_attribute"],
        far_classes=tuple(selected["far_classes"].split()),
        far_m=_number(selected["far_m"]) or 0.0,
    )


def _number(text: str) -> float | None:
    return float(text) if text else None
