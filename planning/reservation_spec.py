"""What a request to reserve land says, read from YAML with a sentence for every mistake."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import yaml
from django.utils.translation import gettext as _
from shapely.errors import GEOSException
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, WGS84_SRID, inside_project_extent, to_project
from layers.errors import UserFacingError
from layers.queries import current_features
from planning.vocab import UNDECIDED_RESERVATIONS, ReservationStatus

MAX_SPEC_BYTES = 2_000_000
KEYS = frozenset(
    {
        "reference", "purpose", "purpose_class", "beneficiary", "instrument", "horizon_year",
        "expires_on", "status", "srid", "geometry", "parcels", "claimed_area_m2",
    }
)  # fmt: skip
REQUIRED = ("reference", "purpose", "purpose_class")
YEARS = range(1990, 2201)
# As long as the columns that keep them.
LONGEST = {"reference": 40, "purpose": 300, "purpose_class": 40, "beneficiary": 200,
           "instrument": 300}  # fmt: skip
LARGEST_AREA_M2 = 1e11  # ten times Cambodia is no reservation
# The reference names the page and the files of the reservation.
USABLE_REFERENCE = re.compile(r"[^\s./\\][^/\\\x00-\x1f\x7f]*")
# Nested collections can crash the geometry library: what is not an area is never parsed.
AREA_WKT = re.compile(r"\s*(MULTI)?POLYGON\s*(Z\s*)?(\(|EMPTY)", re.IGNORECASE)
AREA_TYPES = frozenset({"Polygon", "MultiPolygon"})
# What the geometry library raises on mappings that only look like a shape.
UNREADABLE = (GEOSException, ValueError, TypeError, AttributeError, LookupError, ArithmeticError)


class ReservationSpecError(UserFacingError):
    """A reservation request that cannot be read as it stands; nothing was reserved."""

    def __init__(self, file: str, what: str, *, remedy: str) -> None:
        super().__init__(
            _("%(file)s: %(what)s Nothing was reserved.") % {"file": file, "what": what},
            remedy=remedy,
        )


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


def read_upload(content: bytes, name: str, *, parcel_layer: str = "parcels") -> ReservationSpec:
    """Read a reservation request that was sent: YAML, or GeoJSON with the keys as properties."""
    if len(content) > MAX_SPEC_BYTES:
        raise ReservationSpecError(
            name, _("is larger than 2 MB."), remedy=_("A request is a page; check the file.")
        )
    if name.lower().endswith((".geojson", ".json")):
        return spec_from(_feature_keys(content, name), file=name, parcel_layer=parcel_layer)
    return spec_from(_parsed_yaml(content, name), file=name, parcel_layer=parcel_layer)


def spec_from(
    content: Mapping[str, Any], *, file: str, parcel_layer: str = "parcels"
) -> ReservationSpec:
    """Return a reservation request from its keys, or raise ReservationSpecError."""
    _check_keys(content, file)
    km, en = _purpose(content["purpose"], file)
    instrument = _text(content.get("instrument"), "instrument", file)
    return ReservationSpec(
        reference=_reference(content["reference"], file),
        purpose_km=km,
        purpose_en=en,
        purpose_class=_text(content["purpose_class"], "purpose_class", file),
        geometry=_outline(content, file, parcel_layer),
        status=_status(content.get("status", "proposed"), instrument, file),
        beneficiary=_text(content.get("beneficiary"), "beneficiary", file),
        instrument=instrument,
        horizon_year=_year(content.get("horizon_year"), file),
        expires_on=_day(content.get("expires_on"), file),
        claimed_area_m2=_area(content.get("claimed_area_m2"), file),
    )


def _load(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise ReservationSpecError(
            path.name, _("there is no such file."), remedy=_("Give the path of a YAML file.")
        )
    if path.stat().st_size > MAX_SPEC_BYTES:
        raise ReservationSpecError(
            path.name, _("is larger than 2 MB."), remedy=_("A request is a page; check the file.")
        )
    return _parsed_yaml(path.read_bytes(), path.name)


def _parsed_yaml(raw: bytes, file: str) -> Mapping[str, Any]:
    try:
        content = yaml.safe_load(raw.decode("utf-8-sig"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError, ValueError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = f" near line {line + 1}" if line is not None else ""
        raise ReservationSpecError(
            file,
            _("is no readable YAML%(place)s.") % {"place": place},
            remedy=_("Correct it and run again."),
        ) from error
    if not isinstance(content, dict):
        raise ReservationSpecError(
            file,
            _("holds no keys."),
            remedy=_("Give at least: %(required)s.") % {"required": ", ".join(REQUIRED)},
        )
    return content


def _feature_keys(raw: bytes, file: str) -> Mapping[str, Any]:
    """Return the keys of a GeoJSON with one feature; its outline is in degrees (RFC 7946)."""
    try:
        content = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ReservationSpecError(
            file, _("is no readable GeoJSON."), remedy=_("Export it again.")
        ) from error
    found = content.get("features") if isinstance(content, dict) else None
    features = found if isinstance(found, list) else [content]
    properties = features[0].get("properties") if _is_one_feature(features) else None
    if not isinstance(properties, dict):
        raise ReservationSpecError(
            file, _("does not hold one feature with properties."), remedy=_("Export just that one.")
        )
    keys = dict(properties)
    spoken = {language: keys.pop(f"purpose_{language}", None) for language in ("km", "en")}
    keys.setdefault("purpose", spoken if any(spoken.values()) else None)
    return {**keys, "geometry": features[0].get("geometry"), "srid": WGS84_SRID}


def _check_keys(content: Mapping[str, Any], file: str) -> None:
    if unknown := sorted(str(key) for key in content if key not in KEYS):
        raise ReservationSpecError(
            file,
            _("unknown key '%(unknown)s'.") % {"unknown": unknown[0]},
            remedy=_("Known keys: %(keys)s.") % {"keys": ", ".join(sorted(KEYS))},
        )
    if missing := [key for key in REQUIRED if not content.get(key)]:
        raise ReservationSpecError(
            file,
            _("'%(missing)s' is missing.") % {"missing": missing[0]},
            remedy=_("Add it and run again."),
        )


def _is_one_feature(features: list[Any]) -> bool:
    return len(features) == 1 and isinstance(features[0], dict)


def _text(value: object, key: str, file: str) -> str:
    if not isinstance(value, str | int | float | None):
        raise ReservationSpecError(
            file,
            _("'%(key)s' is no text.") % {"key": key},
            remedy=_("Write it on one line, in quotes."),
        )
    text = str("" if value is None else value).strip()
    if len(text) > LONGEST[key] or any(ord(sign) < ord(" ") for sign in text):
        raise ReservationSpecError(
            file,
            _("'%(key)s' is longer than %(longest)s letters or runs over several lines.")
            % {"key": key, "longest": LONGEST[key]},
            remedy=_("Shorten it."),
        )
    return text


def _shown(value: object) -> str:
    """Return a value as written, cut short; a nest of lists can be longer than memory."""
    return repr(value)[:60] if isinstance(value, str | int | float) else "a list or mapping"


def _reference(value: object, file: str) -> str:
    reference = _text(value, "reference", file)
    if not USABLE_REFERENCE.fullmatch(reference):
        raise ReservationSpecError(
            file,
            _("'%(reference)s' cannot be a reference: it names a page and files.")
            % {"reference": reference},
            remedy=_("Leave out / and \\ and do not begin with a full stop."),
        )
    return reference


def _purpose(value: object, file: str) -> tuple[str, str]:
    if isinstance(value, dict) and value.get("en"):
        return _text(value.get("km"), "purpose", file), _text(value["en"], "purpose", file)
    raise ReservationSpecError(
        file, _("'purpose' needs both languages."), remedy=_("Write purpose: {km: …, en: …}.")
    )


def _outline(content: Mapping[str, Any], file: str, parcel_layer: str) -> BaseGeometry:
    has_outline, has_parcels = content.get("geometry"), content.get("parcels")
    if bool(has_outline) == bool(has_parcels):
        raise ReservationSpecError(
            file,
            _("the land is not named once."),
            remedy=_("Give either 'geometry' (WKT or GeoJSON) with 'srid', or 'parcels'."),
        )
    found = _drawn(content, file) if has_outline else _whole_parcels(content, file, parcel_layer)
    if found.geom_type not in AREA_TYPES or found.is_empty:
        raise ReservationSpecError(
            file,
            _("the outline is a %(geom_type)s, not an area.") % {"geom_type": found.geom_type},
            remedy=_("Give a polygon."),
        )
    if not bool(inside_project_extent(np.array([found.bounds]))[0]):
        raise ReservationSpecError(
            file,
            _("the outline lies outside the area of EPSG:%(project_srid)s.")
            % {"project_srid": PROJECT_SRID},
            remedy=_("Check 'srid', and that east (longitude) comes before north (latitude)."),
        )
    if not found.is_valid:
        raise ReservationSpecError(
            file,
            _("the outline is not usable (%(is_valid_reason)s).")
            % {"is_valid_reason": shapely.is_valid_reason(found)},
            remedy=_("Redraw it so that it does not cross itself."),
        )
    return found


def _drawn(content: Mapping[str, Any], file: str) -> BaseGeometry:
    srid = content.get("srid")
    if not isinstance(srid, int) or isinstance(srid, bool):
        raise ReservationSpecError(
            file,
            _("'srid' does not say in which coordinate system the outline is."),
            remedy=_("Add srid: %(project_srid)s (metres) or srid: 4326 (degrees).")
            % {"project_srid": PROJECT_SRID},
        )
    try:
        raw = _parsed_area(content["geometry"])
    except (
        GEOSException,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        ArithmeticError,
    ) as error:
        raise ReservationSpecError(
            file, _("the outline cannot be read."), remedy=_("Give a polygon as WKT or GeoJSON.")
        ) from error
    moved: BaseGeometry = to_project(shapely.force_2d(raw), srid)
    return moved


def _parsed_area(value: object) -> BaseGeometry:
    if isinstance(value, str) and AREA_WKT.match(value):
        return shapely.from_wkt(value)
    if isinstance(value, dict) and value.get("type") in AREA_TYPES:
        parsed: BaseGeometry = shapely.geometry.shape(value)
        return parsed
    raise ValueError("not an area")


def _whole_parcels(content: Mapping[str, Any], file: str, parcel_layer: str) -> BaseGeometry:
    listed = content["parcels"]
    if not isinstance(listed, list) or not all(isinstance(name, str | int) for name in listed):
        raise ReservationSpecError(
            file, _("'parcels' is no list of parcels."), remedy=_("Write parcels: [PRC-1, PRC-2].")
        )
    named = [str(identifier) for identifier in listed]
    rows = current_features(parcel_layer).filter(stable_id__in=named)
    shapes = {row.stable_id: shapely.from_wkb(bytes(row.geometry.wkb)) for row in rows}
    if unknown := sorted(set(named) - set(shapes)):
        raise ReservationSpecError(
            file,
            _("layer '%(parcel_layer)s' holds no parcel '%(unknown)s'.")
            % {"parcel_layer": parcel_layer, "unknown": unknown[0]},
            remedy=_("Check the parcel's number."),
        )
    return shapely.union_all(list(shapes.values()))


def _status(value: object, instrument: str, file: str) -> ReservationStatus:
    if not isinstance(value, str) or value not in ReservationStatus.values:
        known = ", ".join(ReservationStatus.values)
        raise ReservationSpecError(
            file,
            _("unknown status %(shown)s.") % {"shown": _shown(value)},
            remedy=_("One of: %(known)s.") % {"known": known},
        )
    if value not in UNDECIDED_RESERVATIONS and not instrument:
        raise ReservationSpecError(
            file,
            _("status '%(value)s' without the decision that made it so.") % {"value": value},
            remedy=_("Name the decision as 'instrument', or write status: proposed."),
        )
    return ReservationStatus(value)


def _year(value: object, file: str) -> int | None:
    if value is None or (isinstance(value, int) and value in YEARS):
        return value
    raise ReservationSpecError(
        file,
        _("'horizon_year' is %(shown)s, no year.") % {"shown": _shown(value)},
        remedy=_("Write it as 2035."),
    )


def _day(value: object, file: str) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    raise ReservationSpecError(
        file,
        _("'expires_on' is %(shown)s, no day.") % {"shown": _shown(value)},
        remedy=_("Write it as 2035-12-31."),
    )


def _area(value: object, file: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        area = float(value) if abs(value) < LARGEST_AREA_M2 else math.inf
        if 0 < area < LARGEST_AREA_M2:
            return area
    raise ReservationSpecError(
        file,
        _("'claimed_area_m2' is %(shown)s.") % {"shown": _shown(value)},
        remedy=_("Give an area above 0 m2, or leave it out."),
    )
