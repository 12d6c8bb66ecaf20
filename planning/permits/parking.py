"""Parking: how many car spaces the standard of the zone asks for.

The standard counts usable floor; the application states gross floor, which is never less, so
enough spaces for the gross floor are enough. A count that is not stated is missing, not zero.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

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
SEAT_UNIT = re.compile(r"^(\d+) seats")


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """Car spaces asked for; where a number is missing, what."""

    cars: int | None
    missing: Said | None = None


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
    if need.cars == 0:
        return Answer.COMPLIES, []
    missing = [need.missing] if need.missing else []
    if provided is None:
        missing.append(said("the number of car parking spaces"))
    if missing or need.cars is None or provided is None:
        return Answer.CANNOT_TELL, missing
    return (Answer.COMPLIES if provided >= need.cars else Answer.FAILS), []


def _need(case: Case, row: dict[str, str]) -> Need:
    proposal, unit, rate = case.application.proposal, row["unit"], float(row["cars_per_unit"])
    if unit.startswith("dwelling >"):
        return _large_dwellings(case)
    if unit.startswith(HOTEL_ROOM):
        return _counted(proposal.counted("rooms"), rate, said("the number of rooms"))
    if name := COUNTED.get(unit):
        return _counted(proposal.counted(name), rate, _count_missing(name))
    readings: tuple[tuple[re.Pattern[str], Callable[[], float | None], Said], ...] = (
        (FLOOR_UNIT, lambda: proposal.floor_area_m2, said("the floor area of every use in m²")),
        (SITE_UNIT, lambda: case.plot_area_m2, said("the area of the plot")),
        (SEAT_UNIT, lambda: proposal.counted("seats"), said("the number of seats")),
    )
    for pattern, amount, missing in readings:
        if found := pattern.match(unit):
            return _counted(amount(), rate / float(found.group(1)), missing)
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
    return Need(cars=math.ceil(amount * rate - 1e-9))


def _large_dwellings(case: Case) -> Need:
    """Count one space per dwelling above 150 m2; without a count, the most there can be."""
    proposal = case.application.proposal
    area, dwellings = proposal.floor_area_m2, proposal.counted("dwellings")
    if area is None:
        return Need(cars=None, missing=said("the floor area of every use in m²"))
    if dwellings:
        return Need(cars=int(dwellings) if area / dwellings > LARGE_DWELLING_M2 else 0)
    # n dwellings are all larger than 150 m2 only while n < area / 150
    return Need(cars=max(0, math.ceil(area / LARGE_DWELLING_M2 - 1e-9) - 1))
