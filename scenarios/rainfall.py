"""Rain and climate as the fixtures state them: design-rain tables, climate scenarios, series."""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from layers import numbers
from layers.classes import read_table
from layers.vocab import Basis
from scenarios.errors import SpecError, StormError, listed
from scenarios.storms import DesignRain, Hyetograph, RatioForm

CLIMATE_DIR = Path(settings.BASE_DIR) / "fixtures" / "climate"

# No gauge ever measured more: 31.2 mm in one minute (Unionville, 4 July 1956; WMO world records).
# A larger number is a sentinel or another unit.
MAX_INTENSITY_MM_H = 31.2 * 60

SERIES_COLUMNS = ("end_min", "rain_mm")

# climate_scenarios.csv marks its figures: "demo", "gk" (general knowledge) or "found" (read in a
# source). Its rain factors are all computed from the warming, so none rests on more than that.
CLIMATE_BASIS = {"demo": Basis.DEMO_VALUE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Climate:
    """How a future differs from the present the tables were measured in."""

    code: str
    name: str
    year: int
    rain_factor: float
    sea_level_rise_m: float
    basis: str
    source: str


def design_rain_codes() -> list[str]:
    """Return the names of the design-rain tables there are."""
    return sorted(path.stem for path in CLIMATE_DIR.glob("*.yaml"))


@cache
def design_rain(code: str) -> DesignRain:
    """Return a design-rain table of the fixtures.

    Raises
    ------
    StormError
        There is no such table; names those that are there.
    """
    if code not in design_rain_codes():
        raise StormError(
            _("There is no design-rain table '%(code)s'.") % {"code": code},
            remedy=_("Choose one of: %(design_rain_codes)s.")
            % {"design_rain_codes": listed(design_rain_codes())},
        )
    text = (CLIMATE_DIR / f"{code}.yaml").read_text(encoding="utf-8")
    stated: dict[str, Any] = yaml.safe_load(text)
    return DesignRain(
        code=code,
        title_en=stated["title_en"],
        title_km=stated["title_km"],
        rain_24h_mm=_rain_24h_mm(stated),
        ratio=RatioForm(b_h=float(stated["ratio"]["b_h"]), n=float(stated["ratio"]["n"])),
        basis=Basis(stated["basis"]).value,
        source=stated["source"],
    )


def _rain_24h_mm(stated: Mapping[str, Any]) -> dict[float, float]:
    """Return depth by return period, stated in the file or in the reference table of a city."""
    if "rain_24h_mm" in stated:
        return {float(years): float(depth) for years, depth in stated["rain_24h_mm"].items()}
    city = stated["rain_24h_mm_of"]
    return {
        float(row["return_period_y"]): float(row["r24_mm"])
        for row in read_table("design_rainfall")
        if row["city"] == city
    }


@cache
def climate_named(code: str) -> Climate:
    """Return a climate scenario of ``climate_scenarios.csv``.

    Raises
    ------
    StormError
        There is no such scenario; names those that are there.
    """
    rows = {row["code"]: row for row in read_table("climate_scenarios")}
    if code not in rows:
        raise StormError(
            _("There is no climate scenario '%(code)s'.") % {"code": code},
            remedy=_("Choose one of: %(rows)s.") % {"rows": listed(rows)},
        )
    row = rows[code]
    return Climate(
        code=code,
        name=row["name"],
        year=int(row["year"]),
        rain_factor=float(row["rain_factor"]),
        sea_level_rise_m=float(row["slr_m"]),
        basis=CLIMATE_BASIS.get(row["note"], Basis.GENERAL_KNOWLEDGE).value,
        source=f"climate_scenarios.csv, {row['name']} ({row['note']}); extreme rain + 7 % per "
        f"degree of warming (Clausius-Clapeyron), {row['warming_c']} °C",
    )


def read_rain_series(path: Path) -> Hyetograph:
    """Read rain from a CSV: ``end_min`` (minutes from the start), ``rain_mm`` since the row before.

    Raises
    ------
    SpecError
        Names the file and the row that cannot be right.
    """
    rows = _series_rows(path)
    ends: list[float] = []
    depths: list[float] = []
    for number, row in enumerate(rows, start=2):
        start_s = ends[-1] if ends else 0.0
        end_s, depth = _series_row(path, number, row, start_s)
        ends.append(end_s)
        depths.append(depth)
    if not ends:
        raise SpecError(path.name, "", _("holds no rain."), remedy=_("Give at least one row."))
    return Hyetograph(ends_s=tuple(ends), depths_mm=tuple(depths))


def _series_rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            names = reader.fieldnames or []
            rows = list(reader)
    except (UnicodeDecodeError, csv.Error) as error:
        raise SpecError(
            path.name, "", _("is not readable as CSV."),
            remedy=_("Save it as CSV in UTF-8 and run again."),
        ) from error  # fmt: skip
    if missing := [name for name in SERIES_COLUMNS if name not in names]:
        raise SpecError(
            path.name,
            "",
            _("the column %(missing)s is missing.") % {"missing": listed(missing)},
            remedy=_("Give the columns end_min (minutes from the start) and rain_mm."),
        )
    return rows


def _series_row(
    path: Path, number: int, row: Mapping[str, str], start_s: float
) -> tuple[float, float]:
    """Return (end [s], depth [mm]) of one row, refusing what no gauge can have measured."""
    place = f"row {number}"
    try:
        end_s, depth = float(row["end_min"]) * 60, float(row["rain_mm"])
    except (TypeError, ValueError) as error:
        raise SpecError(
            path.name, place, _("is not two numbers."), remedy=_("Correct the row or remove it.")
        ) from error
    if not (math.isfinite(end_s) and end_s > start_s):
        raise SpecError(
            path.name, place, _("does not end after the row before it."),
            remedy=_("Sort the rows by time and remove repeated ones."),
        )  # fmt: skip
    intensity = depth / (end_s - start_s) * 3600
    if not 0 <= intensity <= MAX_INTENSITY_MM_H:
        raise SpecError(
            path.name,
            place,
            _("states %(depth)s mm, an intensity of %(intensity)s mm/h.")
            % {"depth": numbers.general(depth), "intensity": numbers.general(intensity)},
            remedy=_(
                "Rain lies between 0 and %(max_intensity_mm_h)s mm/h, the most ever "
                "measured; a larger number is a mark for a missing value or another unit."
            )
            % {"max_intensity_mm_h": numbers.general(MAX_INTENSITY_MM_H)},
        )
    return end_s, depth
