"""Findings for other programs: GeoJSON (RFC 7946), CSV that Excel opens in Khmer, JSON."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry

from conflicts.explanations import explain_in, object_name, rule_of, subject_name
from conflicts.models import Finding
from layers.crs import to_wgs84

# 1e-7 degrees are about a centimetre.
DEGREE_GRID = 1e-7
BYTE_ORDER_MARK = "\ufeff"


def finding_record(finding: Finding) -> dict[str, Any]:
    """Return one finding as flat data, with its explanation in both languages."""
    seen = finding.current
    record: dict[str, Any] = {
        "number": finding.pk,
        "rulebook": finding.rulebook_code,
        "rule": finding.rule_code,
        "severity": finding.severity,
        "state": finding.state,
        "note": finding.note,
        "present": finding.is_present,
        "basis": finding.basis,
        "may_block": finding.may_block,
        "subject_layer": finding.subject_layer,
        "subject": finding.subject_id,
        "object_layer": finding.object_layer,
        "object": finding.object_id,
        "first_seen_run": finding.first_seen_id,
        "last_seen_run": finding.last_seen_id,
    }
    if seen is None or seen.outcome is None:
        return record
    provision = rule_of(seen).provision
    return record | {
        "title_km": seen.outcome.rule.title_km,
        "title_en": seen.outcome.rule.title_en,
        "subject_name": subject_name(finding),
        "object_name": object_name(finding),
        "change": seen.change,
        "measured": seen.measured_value,
        "required": seen.required_value,
        "margin": seen.margin,
        "unit": seen.unit,
        "subject_share": seen.facts.get("subject_share"),
        "law": provision.law,
        "article": provision.article,
        "citation": provision.citation,
        "explanation_km": explain_in(finding, "km"),
        "explanation_en": explain_in(finding, "en"),
    }


def as_json(found: Iterable[Finding]) -> str:
    """Return findings as a JSON list, one object per line."""
    lines = ",\n".join(json.dumps(finding_record(f), ensure_ascii=False) for f in found)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def as_csv(found: Iterable[Finding]) -> str:
    """Return findings as CSV; the byte order mark tells Excel that it is UTF-8 (Khmer)."""
    records = [finding_record(finding) for finding in found]
    columns = list(dict.fromkeys(name for record in records for name in record)) or ["number"]
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in record.items()} for record in records)
    return text.getvalue()


def as_geojson(found: Iterable[Finding]) -> str:
    """Return findings as GeoJSON: evidence geometry in longitude and latitude (RFC 7946)."""
    features = [geojson_feature(finding, finding_record(finding)) for finding in found]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def geojson_feature(finding: Finding, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return one GeoJSON feature at the finding's evidence."""
    witness = None if finding.current is None else finding.current.witness
    return {
        "type": "Feature",
        "id": finding.pk,
        "geometry": None if witness is None else _in_degrees(witness),
        "properties": dict(properties),
    }


def _in_degrees(witness: GEOSGeometry) -> dict[str, Any]:
    geometry = to_wgs84(shapely.from_wkb(bytes(witness.wkb)))
    rounded = shapely.set_precision(geometry, DEGREE_GRID, mode="pointwise")
    if rounded.geom_type in {"Polygon", "MultiPolygon"}:
        rounded = shapely.orient_polygons(rounded)
    written: dict[str, Any] = json.loads(shapely.to_geojson(rounded))
    return written


def _cell(value: object) -> object:
    """Keep a spreadsheet from running a text as a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return value


FORMATS: Mapping[str, Callable[[Iterable[Finding]], str]] = {
    "json": as_json,
    "geojson": as_geojson,
    "csv": as_csv,
}
