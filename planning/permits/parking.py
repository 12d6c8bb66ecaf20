"""Parking: how many spaces for cars and motorbikes the standard of the zone asks for.

The standard counts usable floor; the application states gross floor, which is never less, so
enough spaces for the gross floor are enough. A count that is not stated is missing, not zero. The
ratios of motorbikes are demo values in every row: the source of some car ratios gives none.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from layers.classes import read_table
from layers.vocab import Answer, Basis
from planning.permits.checks import Case, Check
from planning.sentences import Said, said

LARGE_DWELLING_M2 = 150.0
# The parking table counts in these things; every other unit needs a study.
COUNTED = {"dwelling": "dwellings", "classroom": "classrooms", "bed": "beds"}
HOTEL_ROOM = "room"
FLOOR_UNIT = re.compile(r"^(\d+) m2 (?:usable )?floor")
SITE_UNIT = re.compile(r"^(\d+) m2 site")
TRUCKS = "plus 1 truck"
SEAT_UNIT = re.compile(r"^(\d+) seats")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vehicle:
    """A kind of vehicle the parking table asks spaces for."""

    code: str
    title: Said
    column: str  # of the parking table: spaces per unit
    field: str  # of the proposal: spaces provided
    unit: str
    not_stated: Said
    has_source: bool  # whether the table's source gives this ratio


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Spaces that are enough in any case; where a number is missing, what.

    ``least`` are asked for in any case: between the two only what is missing decides.
    """

    spaces: int | None
    missing: Said | None = None
    least: int = 0


def vehicles() -> tuple[Vehicle, ...]:
    """Return what is parked, in the order in which it is reported."""
    return (
        Vehicle(
            code="parking",
            title=said("Car parking"),
            column="cars_per_unit",
            field="parking_cars",
            unit="cars",
            not_stated=said("the number of car parking spaces"),
            has_source=True,
        ),
        Vehicle(
            code="parking_motorbikes",
            title=said("Motorbike parking"),
            column="motorbikes_per_unit",
            field="parking_motorbikes",
            unit="motorbikes",
            not_stated=said("the number of motorbike parking spaces"),
            has_source=False,
        ),
    )


def parking_checks(case: Case) -> Iterator[Check]:
    """Yield one check per vehicle, by the standard that asks for most; none where none is named."""
    table = {row["key"]: row for row in read_table("parking_rules")}
    keys = {group.parking_key for _zone, group in case.ruled_zones if group and group.parking_key}
    rows = [table[key] for key in sorted(keys) if key in table]
    if rows:
        yield from (_vehicle_check(case, vehicle, rows) for vehicle in vehicles())


def _vehicle_check(case: Case, vehicle: Vehicle, rows: Sequence[dict[str, str]]) -> Check:
    needs = [(_need(case, row, vehicle), row) for row in rows]
    need, row = max(needs, key=lambda pair: _rank(pair[0]))
    provided = getattr(case.application.proposal, vehicle.field)
    answer, missing = _answer(need, provided, vehicle)
    source = row["src"] if vehicle.has_source else ""
    return Check(
        code=vehicle.code,
        title=vehicle.title,
        answer=answer,
        explanation=said(
            "Standard '%(key)s': %(cars)s per %(unit)s.",
            key=row["key"],
            cars=row[vehicle.column],
            unit=row["unit"],
        ),
        basis=Basis.FOREIGN_REFERENCE if source else Basis.DEMO_VALUE,
        provision="QCVN 01:2021/BXD (Viet Nam)" if source else "Parking table of the demo city",
        source=source or "parking_rules.csv",
        measured=provided,
        required=None if need.spaces is None else float(need.spaces),
        bound="min",
        unit=vehicle.unit,
        missing=missing,
    )


def _rank(need: Need) -> float:
    return math.inf if need.spaces is None else need.spaces


def _answer(need: Need, provided: float | None, vehicle: Vehicle) -> tuple[Answer, list[Said]]:
    if provided is not None and provided < need.least:
        return Answer.FAILS, []
    if need.spaces is not None and (provided or 0) >= need.spaces:
        return Answer.COMPLIES, []
    missing = [need.missing] if need.missing else []
    if provided is None:
        missing.append(vehicle.not_stated)
    return Answer.CANNOT_TELL, missing


def _need(case: Case, row: dict[str, str], vehicle: Vehicle) -> Need:
    proposal, unit, rate = case.application.proposal, row["unit"], float(row[vehicle.column])
    if unit.startswith("dwelling >"):
        return _large_dwellings(case, rate)
    if unit.startswith(HOTEL_ROOM):
        return _counted(proposal.counted("rooms"), rate, said("the number of rooms"))
    if name := COUNTED.get(unit):
        return _counted(proposal.counted(name), rate, _count_missing(name))
    readings: tuple[tuple[re.Pattern[str], Callable[[], float | None], Said], ...] = (
        (
            FLOOR_UNIT,
            lambda: proposal.floor_area_m2,
            said("the floor area of every use in m², not below the footprint"),
        ),
        (SITE_UNIT, lambda: case.plot_area_m2, said("the area of the plot")),
        (SEAT_UNIT, lambda: proposal.counted("seats"), said("the number of seats")),
    )
    for pattern, amount, missing in readings:
        if found := pattern.match(unit):
            need = _counted(amount(), rate / float(found.group(1)), missing)
            return _with_trucks(need) if TRUCKS in unit and vehicle.unit == "cars" else need
    return Need(spaces=None, missing=said("a parking study: the standard gives no number"))


def _count_missing(name: str) -> Said:
    return {
        "dwellings": said("the number of dwellings"),
        "classrooms": said("the number of classrooms"),
        "beds": said("the number of beds"),
    }[name]


def _counted(amount: float | None, rate: float, missing: Said) -> Need:
    if amount is None:
        return Need(spaces=None, missing=missing)
    spaces = _spaces(amount, rate)
    return Need(spaces=spaces, least=spaces)


def _with_trucks(need: Need) -> Need:
    """Leave open what the standard asks for lorries: an application counts cars only."""
    return replace(need, spaces=None, missing=need.missing or said("the spaces for lorries"))


def _large_dwellings(case: Case, rate: float) -> Need:
    """Count spaces per dwelling above 150 m2; only one alone has a known floor area.

    Of n dwellings with a floor area A together at most n, and fewer than A / 150 m2, are larger
    than 150 m2; at least one is where the average is.
    """
    proposal = case.application.proposal
    area, dwellings = proposal.floor_area_m2, proposal.counted("dwellings")
    if area is None:
        return Need(
            spaces=None, missing=said("the floor area of every use in m², not below the footprint")
        )
    most = max(0, math.ceil(area / LARGE_DWELLING_M2 - 1e-9) - 1)
    if not dwellings:
        return Need(spaces=_spaces(most, rate), missing=said("the number of dwellings"))
    least = 1 if area / dwellings > LARGE_DWELLING_M2 else 0
    most = min(int(dwellings), max(most, least))
    return Need(
        spaces=_spaces(most, rate),
        least=_spaces(least, rate),
        missing=said("the floor area of each dwelling in m²"),
    )


def _spaces(amount: float, rate: float) -> int:
    return math.ceil(amount * rate - 1e-9)
