"""A permit application as given: read strictly, because a misread number is a wrong permit."""

import difflib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.classes import read_table
from layers.models import LandUseClass
from layers.queries import class_branches
from layers.visibility import PUBLIC_ONLY, Seen
from planning.errors import ApplicationError, not_a_date
from planning.parcels import Parcel, parcel_named
from planning.permits.footprint import read_footprint
from planning.permits.number_names import counted_unit
from planning.permits.numbers import (
    PROPOSAL_NUMBERS,
    USE_NUMBERS,
    read_number,
    refuse_half_a_building,
    refuse_less_than_one,
)

APPLICATION_FIELDS = frozenset(
    {"reference", "permit_type", "parcels", "parcel_layer", "srid", "proposal", "submitted_on",
     "applicant", "note"}
)  # fmt: skip
APPLICANTS = ("private", "public_authority")
# What a use of a class, or of one below it, is counted in.
COUNTED_IN = {
    "residential": "dwellings", "hotel": "rooms", "hospital": "beds", "school": "classrooms",
}  # fmt: skip
# Uses, each with those below it, that need no building: a floor area of 0 is what they have.
OPEN_GROUND = ("park", "sport", "cemetery", "farming", "parking", "quarry", "landfill")
# The use table names some uses by size: what each has at most, or more than.
SIZED_AT_MOST = {"apartment_low": ("floors", 4), "hotel_small": ("rooms", 20)}
SIZED_ABOVE = {
    "apartment_high": ("floors", 4), "hotel_large": ("rooms", 20), "mall": ("floor_area_m2", 3000),
}  # fmt: skip
# Stated in place of identifiers: nothing else stands on the plot when the proposal is built.
EVERYTHING = "all"
MOST_PARCELS = 100
LONGEST_TEXT = 200
LONGEST_REFERENCE = 80
# A footprint drawn and a footprint stated may differ by rounding, not by more.
FOOTPRINT_AGREEMENT_SHARE = 0.05


# Footprints and floor areas are measured apart: a difference up to it is no contradiction.
ROUNDING_SHARE = 0.01


@dataclass(frozen=True, kw_only=True, slots=True)
class ProposedUse:
    """One use of the building; a number not stated is None, never 0."""

    class_code: str
    floor_area_m2: float | None = None
    dwellings: float | None = None
    rooms: float | None = None
    beds: float | None = None
    classrooms: float | None = None
    seats: float | None = None
    counted_in: str = ""  # what a use of its class is counted in
    needs_building: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposal:
    """What is to be built; a number not stated is None, never 0."""

    uses: tuple[ProposedUse, ...]
    footprint: BaseGeometry | None = None
    floors: float | None = None
    basement_depth_m: float | None = None
    height_m: float | None = None
    footprint_area_m2: float | None = None
    green_area_m2: float | None = None
    parking_cars: float | None = None
    parking_motorbikes: float | None = None
    floor_level_above_ground_m: float | None = None
    retaining_wall_height_m: float | None = None
    water_tank_height_m: float | None = None
    water_tank_volume_m3: float | None = None
    demolished: tuple[str, ...] = ()  # identifiers of buildings, or EVERYTHING

    @property
    def clears_plot(self) -> bool:
        """Tell whether the applicant states that nothing else will stand on the plot."""
        return self.demolished == (EVERYTHING,)

    def demolishes(self, stable_id: str) -> bool:
        """Tell whether a building on the plot is taken down; not named, it stays."""
        return self.clears_plot or stable_id in self.demolished

    @property
    def built_area_m2(self) -> float | None:
        """The footprint's area [m2]; where it is drawn and stated, the larger of the two."""
        if self.footprint is None:
            return self.footprint_area_m2
        return max(float(self.footprint.area), self.footprint_area_m2 or 0.0)

    @property
    def use_codes(self) -> frozenset[str]:
        """The classes of the uses."""
        return frozenset(use.class_code for use in self.uses)

    @property
    def floor_area_m2(self) -> float | None:
        """Floor area of all uses [m2]; None when one of them does not state its own.

        Also None where it is less than the footprint: the ground floor alone covers that much, so
        the application contradicts itself and nothing may be cleared on the smaller number.
        """
        areas = [use.floor_area_m2 for use in self.uses]
        total = float(sum(area or 0.0 for area in areas))
        contradicts = total < (self.built_area_m2 or 0.0) * (1 - ROUNDING_SHARE)
        return None if None in areas or contradicts else total

    def counted(self, name: str) -> float | None:
        """Return a count (rooms, seats, ...) of all uses; None where none states it.

        A hotel that does not state its rooms leaves the rooms of all uses unknown.
        """
        counts = [(getattr(use, name), name == use.counted_in) for use in self.uses]
        stated = [count for count, _owed in counts if count is not None]
        is_open = any(owed and count is None for count, owed in counts)
        return float(sum(stated)) if stated and not is_open else None


@dataclass(frozen=True, kw_only=True)
class Application:
    """One application: who asks is not kept, what is asked is."""

    reference: str
    permit_type: str
    parcels: tuple[Parcel, ...]
    proposal: Proposal
    submitted_on: date | None
    applicant: str
    given: Mapping[str, Any]

    @cached_property
    def site(self) -> BaseGeometry:
        """The ground of all parcels together."""
        return shapely.union_all([parcel.geometry for parcel in self.parcels])


def read_application(given: object, *, seen: Seen = PUBLIC_ONLY) -> Application:
    """Read an application; refuse what cannot be meant, with the sentence that says what.

    Raises
    ------
    ApplicationError
        A field is missing, unknown, of the wrong kind, negative or contradicts another.
    """
    record = _record(given, _("The application"))
    _refuse_unknown(record, APPLICATION_FIELDS, _("the application"))
    parcels = _parcels(record, seen=seen)
    site = shapely.union_all([parcel.geometry for parcel in parcels])
    proposal = _record(record.get("proposal"), _("Field 'proposal'"))
    return Application(
        reference=_text(record, "reference", longest=LONGEST_REFERENCE),
        permit_type=_choice(
            record, "permit_type", [row["code"] for row in read_table("permit_types")], "CP"
        ),
        parcels=parcels,
        proposal=_proposal(proposal, record.get("srid"), site),
        submitted_on=_day(record.get("submitted_on")),
        applicant=_choice(record, "applicant", APPLICANTS, "private"),
        given=record,
    )


def _proposal(record: Mapping[str, Any], srid: object, site: BaseGeometry) -> Proposal:
    known = {field.name for field in fields(Proposal)}
    _refuse_unknown(record, known, _("the proposal"))
    numbers = {name: read_number(record, name) for name in PROPOSAL_NUMBERS}
    footprint = read_footprint(record.get("footprint"), srid, site)
    stated = numbers["footprint_area_m2"]
    if footprint is not None and stated is not None:
        drawn = float(footprint.area)
        if abs(drawn - stated) > FOOTPRINT_AGREEMENT_SHARE * max(drawn, stated):
            what = _("The footprint is drawn with %(drawn)s m2 but stated with %(stated)s m2.")
            raise ApplicationError(what % {"drawn": f"{drawn:.1f}", "stated": f"{stated:.1f}"})
    uses = _uses(record.get("uses"))
    refuse_misnamed(uses, numbers["floors"])
    has_building = footprint is not None or any(use.needs_building for use in uses)
    refuse_half_a_building(numbers, has_building=has_building)
    demolished = _demolished(record.get("demolished"))
    return Proposal(uses=uses, footprint=footprint, demolished=demolished, **numbers)


def _demolished(given: object) -> tuple[str, ...]:
    if given is None:
        return ()
    if given == EVERYTHING:
        return (EVERYTHING,)
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ApplicationError(
            _("Field 'demolished' is neither a list of buildings nor \"all\"."),
            remedy=_("Write it as %(example)s.") % {"example": '"demolished": ["B-0001"]'},
            field="demolished",
        )
    return tuple(name.strip() for name in given if name.strip())


def _uses(given: object) -> tuple[ProposedUse, ...]:
    if not isinstance(given, list) or not given:
        raise ApplicationError(
            _("The proposal names no use."),
            remedy=_("Give a list, e.g. %(example)s.")
            % {"example": '"uses": [{"class": "office", "floor_area_m2": 120}]'},
            field="class",
            use=1,
        )
    branches = class_branches([*COUNTED_IN, *OPEN_GROUND])
    counted = {code: name for root, name in COUNTED_IN.items() for code in branches[root]}
    is_open = {code for root in OPEN_GROUND for code in branches[root]}
    uses = tuple(_use(entry, number, counted, is_open) for number, entry in enumerate(given, 1))
    found = LandUseClass.objects.filter(code__in=[u.class_code for u in uses], scheme="use")
    known = set(found.values_list("code", flat=True))
    if unknown := [use.class_code for use in uses if use.class_code not in known]:
        names = ", ".join(repr(code) for code in unknown)
        raise ApplicationError(
            _("Unknown use class: %(names)s.") % {"names": names},
            remedy=_("'./krong classes' lists the classes of uses."),
        )
    return uses


def refuse_misnamed(uses: Iterable[ProposedUse], floors: float | None) -> None:
    """Refuse a use whose size contradicts its name: a larger one is another use, ruled otherwise.

    Raises
    ------
    ApplicationError
        An "apartment up to 4 floors" has more, a "hotel above 20 rooms" has fewer, ...
    """
    for number, use in enumerate(uses, start=1):
        at_most = SIZED_AT_MOST.get(use.class_code)
        above = SIZED_ABOVE.get(use.class_code)
        name, limit = at_most or above or ("", 0)
        size = floors if name == "floors" else getattr(use, name, None)
        if size is not None and (size > limit) != (above is not None):
            what = (
                _("Use '%(use)s' has more than %(limit)s %(name)s; %(size)s are stated.")
                if above
                else _("Use '%(use)s' has at most %(limit)s %(name)s; %(size)s are stated.")
            )
            sizes = {"limit": f"{limit:,}", "name": counted_unit(name), "size": f"{size:g}"}
            raise ApplicationError(
                what % {"use": use.class_code, **sizes},
                remedy=_("Name the class of uses of that size; './krong classes' lists them."),
                field="class",
                use=number,
            )


def _use(
    entry: object, number: int, counted: Mapping[str, str], is_open: Container[str]
) -> ProposedUse:
    record = _record(entry, _("An entry of 'uses'"))
    _refuse_unknown(record, {"class", *USE_NUMBERS}, _("a use"))
    numbers = {name: read_number(record, name, use=number) for name in USE_NUMBERS}
    code = _text(record, "class")
    counted_in = counted.get(code, "")
    if counted_in:
        refuse_less_than_one(counted_in, numbers[counted_in], use=number)
    refuse_less_than_one("seats", numbers["seats"], use=number)  # any use may be counted in seats
    if code not in is_open:
        refuse_less_than_one("floor_area_m2", numbers["floor_area_m2"], use=number)
    return ProposedUse(
        class_code=code, counted_in=counted_in, needs_building=code not in is_open, **numbers
    )


def _parcels(record: Mapping[str, Any], *, seen: Seen) -> tuple[Parcel, ...]:
    given = record.get("parcels")
    if not isinstance(given, list) or not given or not all(isinstance(p, str) for p in given):
        raise ApplicationError(
            _("Field 'parcels' is not a list of parcel numbers."),
            remedy=_("Write it as %(example)s.") % {"example": '"parcels": ["P-0001"]'},
            field="parcels",
        )
    if len(given) > MOST_PARCELS:
        what = _("%(count)s parcels are named; at most %(most)s may be.")
        counts = {"count": f"{len(given):,}", "most": MOST_PARCELS}
        raise ApplicationError(what % counts, field="parcels")
    layer = str(record.get("parcel_layer", "parcels"))
    parcels = tuple(parcel_named(name, layer, seen=seen) for name in given)
    # a parcel bears an identifier and a number: named by both its title would count twice
    found = [parcel.stable_id for parcel in parcels]
    if twice := sorted({name for name in found if found.count(name) > 1}):
        what = _("Parcel %(names)s is named twice.")
        raise ApplicationError(what % {"names": ", ".join(twice)}, field="parcels")
    return parcels


def _record(given: object, what: str) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise ApplicationError(_("%(what)s is not a JSON object in braces.") % {"what": what})
    return given


def _refuse_unknown(record: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    names = sorted(known)
    for name in record:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            meant = _("Did you mean '%(name)s'?") % {"name": near[0]} if near else ""
            listed = _("Known fields: %(names)s.") % {"names": ", ".join(names)}
            raise ApplicationError(
                _("Field '%(name)s' of %(where)s is not known.") % {"name": name, "where": where},
                remedy=f"{meant} {listed}".strip(),
            )


def _text(record: Mapping[str, Any], name: str, *, longest: int = LONGEST_TEXT) -> str:
    value = record.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ApplicationError(_("Field '%(name)s' is missing or empty.") % {"name": name})
    if len(value) > longest or "\x00" in value:
        what = _("Field '%(name)s' has more than %(longest)s characters or a zero byte.")
        raise ApplicationError(what % {"name": name, "longest": longest})
    return value.strip()


def _choice(record: Mapping[str, Any], name: str, choices: Iterable[str], otherwise: str) -> str:
    value = record.get(name, otherwise)
    if value not in choices:
        raise ApplicationError(
            _("Field '%(name)s' is %(value)s.") % {"name": name, "value": repr(value)[:80]},
            remedy=_("Use one of %(choices)s.") % {"choices": ", ".join(choices)},
        )
    return str(value)


def _day(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise not_a_date(str(value)) from error
