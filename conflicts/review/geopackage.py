"""Findings as a GeoPackage: evidence as points, lines and areas, what the rules answered, about."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely
from django.utils import timezone
from pyogrio.raw import write_arrow

from conflicts.exports import Report, finding_record
from conflicts.models import Finding
from conflicts.review.columns import COLUMNS, Column
from conflicts.vocab import Severity
from layers.crs import PROJECT_SRID, crs_of
from layers.exports.gdal_files import as_multiple
from layers.exports.looks import Shade, Shades
from layers.exports.styles import store_style
from layers.runs import Progress
from layers.scratch import EXPORTS, scratch_folder

Row = Mapping[str, Any]
PORTION = 2_000
# By the dimension of the evidence: table, type of its column, kind of its style.
TABLES = (
    ("findings_points", "MultiPoint", "point"),
    ("findings_lines", "MultiLineString", "line"),
    ("findings_areas", "MultiPolygon", "polygon"),
)
_TYPES = {"text": pa.string(), "integer": pa.int64(), "real": pa.float64(), "boolean": pa.bool_()}
# As on the map and in krong.css.
COLOURS = {
    Severity.CRITICAL: "#b00020",
    Severity.HIGH: "#b84a00",
    Severity.MEDIUM: "#c79100",
    Severity.LOW: "#7a8a1e",
    Severity.INFO: "#33504f",
}


def write_findings(
    path: Path,
    findings: Iterable[Finding],
    *,
    rules: Sequence[Mapping[str, Any]],
    about: Mapping[str, Any],
    on_progress: Progress | None = None,
) -> int:
    """Write a GeoPackage in the project's CRS; return how many findings it holds.

    All three tables are there, also without rows; ``rules`` says what every rule answered and
    lacks: few findings are no all-clear.
    """
    path.unlink(missing_ok=True)
    for dimension in range(len(TABLES)):
        _append(path, dimension, [], [])
    written = 0
    for portion in batched(findings, PORTION):
        _write_portion(path, portion)
        written += len(portion)
        if on_progress is not None:
            on_progress(written / (written + PORTION), str(written))
    for table, _type, kind in TABLES:
        store_style(path, table, severity_shades(), kind)
    _write_table(path, "rules", rules)
    stated = {
        **about,
        "findings": written,
        "crs": f"EPSG:{PROJECT_SRID} {crs_of(PROJECT_SRID).name}",
        "written_at": timezone.now().isoformat(timespec="seconds"),
    }
    _write_table(path, "about", [{"key": k, "value": str(v)} for k, v in stated.items()])
    columns = [
        {"name": c.name, "km": c.title("km"), "en": c.title("en"), "unit": c.unit} for c in COLUMNS
    ]
    _write_table(path, "columns", columns)
    return written


def geopackage_of(report: Report) -> bytes:
    """Return a report as a GeoPackage."""
    about = {"title_en": "Findings", "title_km": "ជម្លោះ", **(report.detection or {})}
    with scratch_folder(EXPORTS) as folder:
        path = folder / "findings.gpkg"
        write_findings(path, report.findings, rules=report.rules, about=about)
        return path.read_bytes()


def severity_shades() -> Shades:
    """Return the colours of findings by their severity."""
    gravest_first = reversed(list(Severity))
    return Shades(
        attribute="severity",
        entries=tuple(Shade(s.value, str(s.label), COLOURS[s]) for s in gravest_first),
        other=Shade("", "", COLOURS[Severity.INFO]),
        outline="#1f2d33",
        width_px=1.5,
        fill_share=0.5,
    )


def _write_portion(path: Path, portion: Sequence[Finding]) -> None:
    rows: list[list[dict[str, Any]]] = [[] for _table in TABLES]
    shapes: list[list[Any]] = [[] for _table in TABLES]
    for finding in portion:
        shape = evidence_of(finding)
        if shape is not None:
            dimension = int(shapely.get_dimensions(shape))
            rows[dimension].append(finding_record(finding))
            shapes[dimension].append(shape)
    for dimension in range(len(TABLES)):
        if rows[dimension]:
            _append(path, dimension, rows[dimension], shapes[dimension])


def evidence_of(finding: Finding) -> Any:  # noqa: ANN401 - a shapely geometry or None
    """Return where a finding lies [PROJECT_SRID, m]: what was last measured of it."""
    witness = None if finding.current is None else finding.current.witness
    return None if witness is None else shapely.from_wkb(bytes(witness.wkb))


def _append(
    path: Path, dimension: int, rows: Sequence[Mapping[str, Any]], shapes: list[Any]
) -> None:
    table, kind, _style = TABLES[dimension]
    arrays = [pa.array([row.get(c.name) for row in rows], _TYPES[c.kind]) for c in COLUMNS]
    outlines: list[bytes] = []
    if shapes:
        outlines = list(shapely.to_wkb(as_multiple(np.array(shapes, dtype=object))))
    fields = [pa.field(c.name, _TYPES[c.kind], metadata=_described(c)) for c in COLUMNS]
    shape = pa.field("geometry", pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})
    batch = pa.RecordBatch.from_arrays(
        [*arrays, pa.array(outlines, pa.binary())], schema=pa.schema([*fields, shape])
    )
    write_arrow(
        pa.RecordBatchReader.from_batches(batch.schema, [batch]),
        path,
        layer=table,
        driver="GPKG",
        geometry_name="geometry",
        geometry_type=kind,
        crs=f"EPSG:{PROJECT_SRID}",
        append=bool(rows),
        dataset_options={} if path.exists() else {"VERSION": "1.3"},
    )


def _described(column: Column) -> dict[str, str]:
    unit = f" [{column.unit}]" if column.unit else ""
    return {
        "GDAL:OGR:alternative_name": f"{column.title('km')} / {column.title('en')}",
        "GDAL:OGR:comment": f"{column.title('en')}{unit}",
    }


def _write_table(path: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a table without shapes; one without rows still is there."""
    frame = pd.DataFrame([dict(row) for row in rows] or [{"rule": "–"}])
    pyogrio.write_dataframe(frame, path, layer=name, driver="GPKG", append=True)
