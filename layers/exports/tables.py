"""CSV (RFC 4180) that a spreadsheet may open: no cell is a formula, and nothing is lost.

A cell whose text begins like a formula (OWASP, CSV Injection) gets an apostrophe in front, and so
does one that begins with an apostrophe: who takes one apostrophe away has the text as it was.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import shapely

from layers.crs import crs_of
from layers.exports.batches import Batch
from layers.exports.columns import LABELS, Table
from layers.exports.formats import DECIMALS_DEGREES, DECIMALS_METRES
from layers.exports.provenance import Provenance

BYTE_ORDER_MARK = "\ufeff"  # Excel takes a file without it for a local encoding, not for UTF-8
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_APOSTROPHE = "'"
_CSVW_TYPES = {"integer": "integer", "real": "double", "boolean": "boolean", "json": "json"}


def safe_cell(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return _APOSTROPHE + text if text.startswith((*_FORMULA_STARTS, _APOSTROPHE)) else text


def plain_cell(cell: str) -> str:
    """Return the text that a safe cell stands for."""
    return cell.removeprefix(_APOSTROPHE)


def csv_lines(
    found: Iterable[Batch], table: Table, srid: int, *, is_points: bool, for_excel: bool = False
) -> Iterator[bytes]:
    """Yield a table: labels, attributes, then longitude and latitude (points) or WKT."""
    head = _line([safe_cell(name) for name in _names(table, srid, is_points)])
    yield (BYTE_ORDER_MARK if for_excel else "").encode() + head
    decimals = DECIMALS_DEGREES if crs_of(srid).is_geographic else DECIMALS_METRES
    for batch in found:
        places = _coordinates(batch, decimals) if is_points else _outlines(batch, decimals)
        rows = zip(table.rows(batch), places, strict=True)
        yield b"".join(_line([_cell(v) for v in row] + list(place)) for row, place in rows)


def csv_metadata(table: Table, srid: int, provenance: Provenance, *, is_points: bool) -> bytes:
    """Return what the columns are (W3C, Metadata Vocabulary for Tabular Data)."""
    titles = {column.name: column for column in table.columns}
    columns = []
    for name in _names(table, srid, is_points):
        known = titles.get(name)
        told: dict[str, Any] = {"name": name, "titles": safe_cell(name)}
        if known:
            told["datatype"] = _CSVW_TYPES.get(known.kind, "string")
            told["dc:description"] = {"km": known.title_km, "en": known.title_en}
            told["krong:attribute"], told["krong:unit"] = known.attribute, known.unit
        columns.append(told)
    described = {
        "@context": "http://www.w3.org/ns/csvw",
        "url": f"{provenance['layer']}.csv",
        "dc:title": provenance["title_en"],
        "dc:license": provenance["licence"],
        "krong:provenance": dict(provenance),
        "krong:cells": "An apostrophe at the beginning of a text is not part of it: it keeps "
        "spreadsheets from taking the text for a formula.",
        "tableSchema": {"columns": columns, "primaryKey": "stable_id"},
    }
    return json.dumps(described, ensure_ascii=False, indent=1).encode()


def _names(table: Table, srid: int, is_points: bool) -> list[str]:  # noqa: FBT001 - what they are
    places = ["lon", "lat"] if crs_of(srid).is_geographic else ["x", "y"]
    attributes = [column.name for column in table.columns]
    return [*LABELS, *attributes, *(places if is_points else ["wkt"])]


def _coordinates(batch: Batch, decimals: int) -> Iterator[list[str]]:
    points = np.round(shapely.get_coordinates(batch.shapes), decimals)
    return ([f"{x:.{decimals}f}", f"{y:.{decimals}f}"] for x, y in points.tolist())


def _outlines(batch: Batch, decimals: int) -> Iterator[list[str]]:
    return ([text] for text in shapely.to_wkt(batch.shapes, rounding_precision=decimals))


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    if value is None:
        return ""
    if isinstance(value, str):
        return safe_cell(value)
    return ("true" if value else "false") if isinstance(value, bool) else repr(value)


def _line(cells: list[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()
