"""Shapefiles in a folder: one per type of shape, with what their format cannot hold beside them.

A dBASE table knows names of 10 ASCII signs, texts of 254 bytes, numbers of 24 signs with 15
decimals and no empty text. ``fields.csv`` says which column is which attribute; ``long-texts.csv``
holds every text that had to be cut and every number that had to be left out.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layers.exports.batches import Batch
from layers.exports.columns import LABELS, shapefile_names, table_of
from layers.exports.contents import contents_of
from layers.exports.formats import ExportFormat
from layers.exports.gdal_files import ArrowFeed, geometry_type, write_file
from layers.exports.tables import safe_cell
from layers.models import LayerVersion

LONGEST_TEXT_BYTES = 254
# GDAL writes real numbers 24 signs wide and cuts longer ones: 1e300 would read as 1e23.
LARGEST_REAL = 1e22
# A Shapefile of points holds single points only; those of lines and areas hold both.
_FILES = (
    ("points", ("POINT",)),
    ("multipoints", ("MULTIPOINT",)),
    ("lines", ("LINESTRING", "MULTILINESTRING")),
    ("areas", ("POLYGON", "MULTIPOLYGON")),
)
_OPTIONS = {"SPATIAL_INDEX": "YES"}

BatchesOf = Callable[[tuple[str, ...]], Iterable[Batch]]


@dataclass(slots=True)
class _Shortener:
    """Makes values fit into a dBASE table, and writes down elsewhere those that do not."""

    path: Path

    def __call__(self, stable_id: str, column: str, value: Any) -> Any:  # noqa: ANN401
        if isinstance(value, str):
            return self._text(stable_id, column, value)
        if isinstance(value, float) and abs(value) >= LARGEST_REAL:
            self._keep(stable_id, column, repr(value))
            return None
        return value

    def _text(self, stable_id: str, column: str, value: str) -> str:
        if len(value) * 4 <= LONGEST_TEXT_BYTES:
            return value
        whole = value.encode()
        if len(whole) <= LONGEST_TEXT_BYTES:
            return value
        self._keep(stable_id, column, value)
        return whole[:LONGEST_TEXT_BYTES].decode(errors="ignore")

    def _keep(self, stable_id: str, column: str, value: str) -> None:
        is_first = not self.path.exists()
        with self.path.open("a", encoding="utf-8-sig" if is_first else "utf-8", newline="") as file:
            rows = csv.writer(file)
            if is_first:
                rows.writerow(["stable_id", "column", "whole text"])
            rows.writerow([safe_cell(text) for text in (stable_id, column, value)])


def write_shapefiles(folder: Path, batches_of: BatchesOf, version: LayerVersion, srid: int) -> None:
    """Write the Shapefiles of a version into an empty folder; ``batches_of`` is asked by type."""
    table, present = table_of(version), set(contents_of(version).shapes)
    names = shapefile_names([*LABELS, *(column.name for column in table.columns)])
    shortener = _Shortener(folder / "long-texts.csv")
    for ending, kinds in _FILES:
        stored = sorted(present & set(kinds))
        if not stored:
            continue
        feed = ArrowFeed(
            found=batches_of(tuple(stored)), table=table, as_multiple=False, shorten=shortener
        )
        name = f"{version.layer.slug}_{ending}"
        kind, _is_multiple = geometry_type(stored)
        described = {"geometry_type": kind, "encoding": "UTF-8", "layer_options": _OPTIONS}
        write_file(folder / f"{name}.shp", feed, ExportFormat.SHP, srid, names=names, **described)
    _write_fields(folder / "fields.csv", version, names)


def _write_fields(path: Path, version: LayerVersion, names: list[str]) -> None:
    columns = table_of(version).columns
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["column", "attribute", "type", "unit", "title (km)", "title (en)"])
        rows.writerows(
            [name, label, "text", "", "", ""] for name, label in zip(names, LABELS, strict=False)
        )
        for name, column in zip(names[len(LABELS) :], columns, strict=True):
            told = (column.attribute, column.kind, column.unit, column.title_km, column.title_en)
            rows.writerow([name, *map(safe_cell, told)])
