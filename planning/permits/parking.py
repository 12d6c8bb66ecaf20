"""Parking: how many car spaces the standard of the zone asks for.

The standard counts usable floor; the application states gross floor, which is never less, so
enough spaces for the gross floor are enough. A count that is not stated is missing, not zero.
"""

import math
import re
from collections.abc import Callable
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
class Need:
    """Car spaces that are enough in any case; where a number is missing, what.

    ``least`` are asked for in any case: between the two only what is missing decides.
    """

    cars: int | None
    missing: Said | None = None
    least: int = 0


def parking_check(case: Case) -> Check | None:
    """Return the parking check, by the standard that asks for most; None where none is named."""
    table = {row["key"]: row for row in read_table("parking_rules")}
    keys = {group.parking_key for _zone, group in case.ruled_zones if group and group.parking_key}
    needs = {key: _need(case, table[key]) for key in sorted(keys) if key in table}
    if not needs:
        return None
    key = max(needs, key=lambda name: _rank(needs[name]))
    need, row = needs[key], table[key]
    provided = case.application.proposal.parking_cars
    answer, missing = _answer(need, provided)
    return Check(
        code="parking",
        title=said("Car parking"),
        answer=answer,
        explanation=said(
            "Standard '%(key)s': %(cars)s per %(unit)s.",
            key=key,
            cars=row["cars_per_unit"],
            unit=row["unit"],
        ),
        basis=Basis.FOREIGN_REFERENCE if row["src"] else Basis.DEMO_VALUE,
        provision="QCVN 01:2021/BXD (Viet Nam)" if row["src"] else "Parking table of the demo city",
        source=row["src"] or "parking_rules.csv",
        measured=provided,
        required=None if need.cars is None else float(need.cars),
        bound="min",
        unit="cars",
        missing=missing,
    )


def _rank(need: Need) -> float:
    return math.inf if need.cars is None else need.cars


def _answer(need: Need, provided: float | None) -> tuple[Answer, list[Said]]:
    if provided is not None and provided < need.least:
        return Answer.FAILS, []
    if need.cars is not None and (provided or 0) >= need.cars:
        return Answer.COMPLIES, []
    missing = [need.missing] if need.missing else []
    if provided is None:
        missing.append(said("the number of car parking spaces"))
    return Answer.CANNOT_TELL, missing


def _need(case: Case, row: dict[str, str]) -> Need:
    proposal, unit, rate = case.application.proposal, row["unit"], float(row["cars_per_unit"])
    if unit.startswith("dwelling >"):
        return _large_dwellings(case)
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
            return _with_trucks(need) if TRUCKS in unit else need
    return Need(cars=None, missing=said("a parking study: the standard gives no number"))


def _count_missing(name: str) -> Said:
    return {
        "dwellings": said("the number of dwellings"),
        "classrooms": said("the number of classrooms"),
        "beds": said("the number of beds"),
    }[name]


def _counted(amount: float | None, rate: float, missing: Said) -> Need:
    if amount is None:
        return Need(cars=None, missing=missing)
    cars = math.ceil(amount * rate - 1e-9)
    return Need(cars=cars, least=cars)


def _with_trucks(need: Need) -> Need:
    """Leave open what the standard asks for lorries: an application counts cars only."""
    return replace(need, cars=None, missing=need.missing or said("the spaces for lorries"))


def _large_dwellings(case: Case) -> Need:
    """Count one space per dwelling above 150 m2; only one alone has a known floor area.

    Of n dwellings with a floor area A together at most n, and fewer than A / 150 m2, are larger
    than 150 m2; at least one is where the average is.
    """
    proposal = case.application.proposal
    area, dwellings = proposal.floor_area_m2, proposal.counted("dwellings")
    if area is None:
        return Need(
            cars=None, missing=said("the floor area of every use in m², not below the footprint")
        )
    most = max(0, math.ceil(area / LARGE_DWELLING_M2 - 1e-9) - 1)
    if not dwellings:
        return Need(cars=most, missing=said("the number of dwellings"))
    least = 1 if area / dwellings > LARGE_DWELLING_M2 else 0
    most = min(int(dwellings), max(most, least))
    return Need(cars=most, least=least, missing=said("the floor area of each dwelling in m²"))
