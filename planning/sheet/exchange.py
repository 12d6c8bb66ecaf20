"""The sheet as data: GeoPackage in the project's CRS, GeoJSON in WGS 84 as RFC 7946 wants it."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyogrio
import shapely
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, crs_of, to_wgs84
from planning.sheet.boundary import BoundaryPoint
from planning.sheet.facts import AffectedParcel, SheetFacts

# A hundredth of a millimetre and finer: areas survive the journey to degrees and back.
DEGREE_DIGITS = 11


def write_geopackage(facts: SheetFacts, path: Path) -> None:
    """Write layers reservation, parcels and boundary_points and the table metadata."""
    path.unlink(missing_ok=True)
    land = [(_reservation_facts(facts), facts.land)]
    parcels = [(_parcel_facts(parcel), parcel.affected) for parcel in facts.parcels]
    points = [(_point_facts(point), _at(point)) for point in facts.points]
    _write_layer(path, "reservation", "MultiPolygon", land)
    _write_layer(path, "parcels", "MultiPolygon", parcels)
    _write_layer(path, "boundary_points", "Point", points)
    stated = pd.DataFrame([{"key": k, "value": v} for k, v in metadata(facts).items()])
    pyogrio.write_dataframe(stated, path, layer="metadata", driver="GPKG", append=True)


def geojson_of(facts: SheetFacts) -> str:
    """Return the reservation as GeoJSON; points carry their projected coordinates as properties."""
    features = [
        _feature("reservation", facts.land, _reservation_facts(facts)),
        *(_feature("parcel", p.affected, _parcel_facts(p)) for p in facts.parcels),
        *(_feature("boundary_point", _at(p), _point_facts(p)) for p in facts.points),
    ]
    content = {"type": "FeatureCollection", "metadata": metadata(facts), "features": features}
    return json.dumps(content, ensure_ascii=False, indent=1)


def metadata(facts: SheetFacts) -> dict[str, str]:
    """Return what a reader of the file must know, as plain text."""
    balance = facts.reservation.balance
    stated = {
        "reference": facts.reservation.reference,
        "crs": f"{crs_of(PROJECT_SRID).name}, EPSG:{PROJECT_SRID}",
        "status": facts.reservation.status,
        "synthetic": "yes" if facts.is_synthetic else "no",
        "reserved_m2": str(balance.reserved_area_m2),
        "on_parcels_m2": str(balance.parcelled_area_m2),
        "counted_twice_m2": str(balance.overlapping_area_m2),
        "outside_parcels_m2": str(balance.unparcelled_area_m2),
        "content_sha256": facts.digest,
        "disclaimer": "Shows what the register states; replaces no decision of an authority.",
    }
    if facts.is_withheld:
        stated["parcels"] = "left out: their layer is not public"
    for version in facts.sources:
        published = version.published_at.date().isoformat() if version.published_at else "unknown"
        text = f"version {version.number}, published {published}; {version.layer.source}"
        stated[f"source {version.layer.slug}"] = text.strip("; ")
    return stated


def _write_layer(
    path: Path, layer: str, kind: str, rows: list[tuple[dict[str, Any], BaseGeometry]]
) -> None:
    """Write one layer; one without rows still states its columns."""
    frame = geopandas.GeoDataFrame(
        pd.DataFrame([row for row, _ in rows]),
        geometry=[_multiple(shape) if kind == "MultiPolygon" else shape for _, shape in rows],
        crs=PROJECT_SRID,
    )
    pyogrio.write_dataframe(
        frame, path, layer=layer, driver="GPKG", geometry_type=kind, append=path.exists()
    )


def _feature(kind: str, shape: BaseGeometry, facts: dict[str, Any]) -> dict[str, Any]:
    geometry = to_wgs84(shape)
    if shape.geom_type != "Point":
        geometry = shapely.orient_polygons(geometry)
    placed = json.loads(shapely.to_geojson(geometry), parse_float=_rounded)
    return {"type": "Feature", "geometry": placed, "properties": {"kind": kind, **facts}}


def _rounded(text: str) -> float:
    return round(float(text), DEGREE_DIGITS)


def _multiple(shape: BaseGeometry) -> BaseGeometry:
    return shapely.MultiPolygon(list(shapely.get_parts(shape)))


def _at(point: BoundaryPoint) -> BaseGeometry:
    return shapely.Point(point.east_m, point.north_m)


def _reservation_facts(facts: SheetFacts) -> dict[str, Any]:
    reservation = facts.reservation
    return {
        "reference": reservation.reference,
        "purpose_km": reservation.purpose_km,
        "purpose_en": reservation.purpose_en,
        "purpose_class": reservation.purpose_class.code,
        "status": reservation.status,
        "status_km": facts.status_name["km"],
        "beneficiary": reservation.beneficiary,
        "instrument": facts.legal_basis["en"],
        "released_on": _day(facts.release.released_on) if facts.release else None,
        "release_instrument": facts.released_by_decision["en"],
        "release_reason": facts.release.reason if facts.release else "",
        "horizon_year": reservation.horizon_year,
        "expires_on": _day(reservation.expires_on),
        "claimed_m2": _number(reservation.claimed_area_m2),
        "reserved_m2": _number(reservation.balance.reserved_area_m2),
        "parcels": None if facts.is_withheld else len(facts.parcels),
    }


def _parcel_facts(parcel: AffectedParcel) -> dict[str, Any]:
    return {
        "parcel": parcel.stable_id,
        "number": parcel.number,
        "tenure": parcel.tenure,
        "tenure_km": parcel.tenure_name["km"],
        "title_type": parcel.title_type,
        "legal_m2": _number(parcel.legal_area_m2),
        "mapped_m2": _number(parcel.mapped_area_m2),
        "affected_m2": _number(parcel.affected_area_m2),
        "share": _number(parcel.share),
    }


def _point_facts(point: BoundaryPoint) -> dict[str, Any]:
    return {
        "point": point.name,
        "part": point.part,
        "east_m": point.east_m,
        "north_m": point.north_m,
        "srid": PROJECT_SRID,
        "side": point.side_name,
        "side_m": point.side_m,
        "bearing_deg": point.bearing_deg,
    }


def _number(value: Any) -> float | None:  # noqa: ANN401 - a Decimal or None
    return None if value is None else float(value)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()
