"""Findings for other programs: GeoJSON (RFC 7946), CSV that Excel opens in Khmer, JSON."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils import timezone, translation

from conflicts.explanations import explain_in, object_name, rule_of, subject_name
from conflicts.models import Finding
from conflicts.review.columns import COLUMNS
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
        "first_seen_on": first_seen_on(finding),
        "sangkats": sangkats_of(finding),
        **_labels_km(finding),
    }
    if seen is None or seen.outcome is None:
        return record
    provision = rule_of(seen).provision
    return record | {
        "kind": seen.outcome.rule.kind,
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
        "existing_nonconforming": finding.is_existing_use,
        "law": provision.law,
        "article": provision.article,
        "citation": provision.citation,
        "source": provision.source,
        "explanation_km": explain_in(finding, "km"),
        "explanation_en": explain_in(finding, "en"),
    }


def first_seen_on(finding: Finding) -> str:
    """Return the day a finding was first seen, on the clocks of the city."""
    run = finding.first_seen.run
    moment = run.finished_at or run.started_at or run.queued_at
    return timezone.localtime(moment).date().isoformat()


def sangkats_of(finding: Finding) -> str | None:
    """Return the identifiers of the sangkats a finding lies in; None: not looked up yet."""
    place = getattr(finding, "place", None)
    if place is None or place.observation_number != finding.current_id:
        return None
    return ", ".join(place.sangkats)


def _labels_km(finding: Finding) -> dict[str, str]:
    with translation.override("km"):
        return {
            "severity_km": str(finding.get_severity_display()),
            "state_km": str(finding.get_state_display()),
            "basis_km": str(finding.get_basis_display()),
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """Findings together with what every rule answered: few findings are no all-clear."""

    findings: Sequence[Finding]
    rules: Sequence[Mapping[str, Any]]
    detection: Mapping[str, Any] | None

    def as_data(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return {
            "detection": self.detection,
            "rules": list(self.rules),
            "findings": [finding_record(finding) for finding in self.findings],
        }


def as_json(report: Report) -> str:
    """Return detection, rules and findings as one JSON object."""
    return json.dumps(report.as_data(), ensure_ascii=False, indent=1) + "\n"


def as_csv(report: Report) -> str:
    """Return the findings as CSV; what the rules answered is the table of ``rules_as_csv``."""
    return csv_table([finding_record(finding) for finding in report.findings], "number")


def as_khmer_csv(report: Report) -> str:
    """Return the findings with Khmer headings and words; units stand in the headings' table."""
    records = [finding_record(finding) for finding in report.findings]
    headings = {column.name: column.title("km") for column in COLUMNS}
    rows = [{headings[name]: record.get(name) for name in headings} for record in records]
    return csv_table(rows, headings["number"])


def columns_as_csv() -> str:
    """Return what each column of the findings is, in both languages, and its unit."""
    rows = [
        {
            "name": column.name,
            "km": column.title("km"),
            "en": column.title("en"),
            "unit": column.unit,
        }
        for column in COLUMNS
    ]
    return csv_table(rows, "name")


def rules_as_csv(report: Report) -> str:
    """Return what each rule answered and what it lacks as CSV."""
    return csv_table(report.rules, "rule")


def as_zip(report: Report) -> bytes:
    """Return both tables in one archive, so that neither is read without the other.

    The findings are there twice: under plain names for programs, under Khmer ones for people.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("findings.csv", as_csv(report))
        packed.writestr("findings-km.csv", as_khmer_csv(report))
        packed.writestr("rules.csv", rules_as_csv(report))
        packed.writestr("columns.csv", columns_as_csv())
    return archive.getvalue()


def csv_table(records: Sequence[Mapping[str, Any]], first_column: str) -> str:
    """Return rows as CSV; the byte order mark tells Excel that it is UTF-8 (Khmer)."""
    columns = list(dict.fromkeys(name for record in records for name in record)) or [first_column]
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({k: _cell(v) for k, v in record.items()} for record in records)
    return text.getvalue()


def as_geojson(report: Report) -> str:
    """Return findings as GeoJSON: evidence in longitude and latitude (RFC 7946).

    What the rules answered are the members ``detection`` and ``rules`` beside the features.
    """
    features = [geojson_feature(finding, finding_record(finding)) for finding in report.findings]
    body = {
        "type": "FeatureCollection",
        "detection": report.detection,
        "rules": list(report.rules),
        "features": features,
    }
    return json.dumps(body, ensure_ascii=False)


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


FORMATS: Mapping[str, Callable[[Report], str]] = {
    "json": as_json,
    "geojson": as_geojson,
    "csv": as_csv,
}
