"""What a request to reserve land says, read from YAML with a sentence for every mistake."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import shapely
import yaml
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, to_project
from layers.errors import UserFacingError
from layers.queries import current_features
from planning.vocab import ReservationStatus

MAX_SPEC_BYTES = 2_000_000
KEYS = frozenset(
    {
        "reference", "purpose", "purpose_class", "beneficiary", "instrument", "horizon_year",
        "expires_on", "status", "srid", "geometry", "parcels", "claimed_area_m2",
    }
)  # fmt: skip
REQUIRED = ("reference", "purpose", "purpose_class")
YEARS = range(1990, 2201)


class ReservationSpecError(UserFacingError):
    """A reservation request that cannot be read as it stands; nothing was reserved."""

    def __init__(self, file: str, what: str, *, remedy: str) -> None:
        super().__init__(f"{file}: {what} Nothing was reserved.", remedy=remedy)


@dataclass(frozen=True, kw_only=True, slots=True)
class ReservationSpec:
    """A request to reserve land; the outline in PROJECT_SRID [m]."""

    reference: str
    purpose_km: str
    purpose_en: str
    purpose_class: str
    geometry: BaseGeometry
    status: ReservationStatus = ReservationStatus.PROPOSED
    beneficiary: str = ""
    instrument: str = ""
    horizon_year: int | None = None
    expires_on: date | None = None
    claimed_area_m2: float | None = None


def read_spec(path: Path, *, parcel_layer: str = "parcels") -> ReservationSpec:
    """Read a reservation request from a YAML file."""
    return spec_from(_load(path), file=path.name, parcel_layer=parcel_layer)


def spec_from(
    content: Mapping[str, Any], *, file: str, parcel_layer: str = "parcels"
) -> ReservationSpec:
    """Return a reservation request from its keys, or raise ReservationSpecError."""
    _check_keys(content, file)
    km, en = _purpose(content["purpose"], file)
    return ReservationSpec(
        reference=str(content["reference"]).strip(),
        purpose_km=km,
        purpose_en=en,
        purpose_class=str(content["purpose_class"]),
        geometry=_outline(content, file, parcel_layer),
        status=_status(content.get("status", "proposed"), file),
        beneficiary=str(content.get("beneficiary") or ""),
        instrument=str(content.get("instrument") or ""),
        horizon_year=_year(content.get("horizon_year"), file),
        expires_on=_day(content.get("expires_on"), file),
        claimed_area_m2=_area(content.get("claimed_area_m2"), file),
    )


def _load(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise ReservationSpecError(
            path.name, "there is no such file.", remedy="Give the path of a YAML file."
        )
    if path.stat().st_size > MAX_SPEC_BYTES:
        raise ReservationSpecError(
            path.name, "is larger than 2 MB.", remedy="A request is a page; check the file."
        )
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = f" near line {line + 1}" if line is not None else ""
        raise ReservationSpecError(
            path.name, f"is no readable YAML{place}.", remedy="Correct it and run again."
        ) from error
    if not isinstance(content, dict):
        raise ReservationSpecError(
            path.name, "holds no keys.", remedy=f"Give at least: {', '.join(REQUIRED)}."
        )
    return content


def _check_keys(content: Mapping[str, Any], file: str) -> None:
    if unknown := sorted(str(key) for key in content if key not in KEYS):
        raise ReservationSpecError(
            file, f"unknown key '{unknown[0]}'.", remedy=f"Known keys: {', '.join(sorted(KEYS))}."
        )
    if missing := [key for key in REQUIRED if not content.get(key)]:
        raise ReservationSpecError(
            file, f"'{missing[0]}' is missing.", remedy="Add it and run again."
        )


def _purpose(value: object, file: str) -> tuple[str, str]:
    if isinstance(value, dict) and value.get("en"):
        return str(value.get("km") or ""), str(value["en"])
    raise ReservationSpecError(
        file, "'purpose' needs both languages.", remedy="Write purpose: {km: …, en: …}."
    )


def _outline(content: Mapping[str, Any], file: str, parcel_layer: str) -> BaseGeometry:
    has_outline, has_parcels = content.get("geometry"), content.get("parcels")
    if bool(has_outline) == bool(has_parcels):
        raise ReservationSpecError(
            file,
            "the land is not named once.",
            remedy="Give either 'geometry' (WKT or GeoJSON) with 'srid', or 'parcels'.",
        )
    found = _drawn(content, file) if has_outline else _whole_parcels(content, file, parcel_layer)
    if found.geom_type not in {"Polygon", "MultiPolygon"} or found.is_empty:
        raise ReservationSpecError(
            file, f"the outline is a {found.geom_type}, not an area.", remedy="Give a polygon."
        )
    if not found.is_valid:
        raise ReservationSpecError(
            file,
            f"the outline is not usable ({shapely.is_valid_reason(found)}).",
            remedy="Redraw it so that it does not cross itself.",
        )
    return found


def _drawn(content: Mapping[str, Any], file: str) -> BaseGeometry:
    srid = content.get("srid")
    if not isinstance(srid, int):
        raise ReservationSpecError(
            file,
            "'srid' does not say in which coordinate system the outline is.",
            remedy=f"Add srid: {PROJECT_SRID} (metres) or srid: 4326 (degrees).",
        )
    value = content["geometry"]
    try:
        raw = shapely.from_wkt(value) if isinstance(value, str) else shapely.geometry.shape(value)
    except (GEOSException, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ReservationSpecError(
            file, "the outline cannot be read.", remedy="Give WKT or a GeoJSON geometry."
        ) from error
    moved: BaseGeometry = to_project(shapely.force_2d(raw), srid)
    return moved


def _whole_parcels(content: Mapping[str, Any], file: str, parcel_layer: str) -> BaseGeometry:
    named = [str(identifier) for identifier in content["parcels"]]
    rows = current_features(parcel_layer).filter(stable_id__in=named)
    shapes = {row.stable_id: shapely.from_wkb(bytes(row.geometry.wkb)) for row in rows}
    if unknown := sorted(set(named) - set(shapes)):
        raise ReservationSpecError(
            file,
            f"layer '{parcel_layer}' holds no parcel '{unknown[0]}'.",
            remedy="Check the parcel's number.",
        )
    return shapely.union_all(list(shapes.values()))


def _status(value: object, file: str) -> ReservationStatus:
    if value in ReservationStatus.values:
        return ReservationStatus(str(value))
    raise ReservationSpecError(
        file, f"unknown status '{value}'.", remedy=f"One of: {', '.join(ReservationStatus.values)}."
    )


def _year(value: object, file: str) -> int | None:
    if value is None or (isinstance(value, int) and value in YEARS):
        return value
    raise ReservationSpecError(
        file, f"'horizon_year' is {value!r}, no year.", remedy="Write it as 2035."
    )


def _day(value: object, file: str) -> date | None:
    if value is None or isinstance(value, date):
        return value
    raise ReservationSpecError(
        file, f"'expires_on' is {value!r}, no day.", remedy="Write it as 2035-12-31."
    )


def _area(value: object, file: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
        return float(value)
    raise ReservationSpecError(
        file, f"'claimed_area_m2' is {value!r}.", remedy="Give an area above 0 m2, or leave it out."
    )
