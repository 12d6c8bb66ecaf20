"""What stands beside a file about its columns: the attribute each one holds, and its type.

Formats cut names and forget types; Krong's downloads say beside them what was meant: ``fields.csv``
for Shapefiles, a description of tabular data (W3C, Metadata Vocabulary for Tabular Data) for CSV.
What is said is used where the columns bear it out, and nothing else depends on it.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
from pyproj import CRS

from layers.crs import CrsError, crs_of
from layers.ingest.batches import SourceBatch
from layers.ingest.mapping import MAX_NAME
from layers.ingest.table_text import GUARD
from layers.ingest.vectors import BATCH_ROWS, RowSource

TEXT, JSON = "text", "json"
_HEADER = ("column", "attribute", "type")
_CSVW_KINDS = {
    "string": TEXT,
    "integer": "integer",
    "double": "real",
    "boolean": "boolean",
    "json": JSON,
}
_CRS = re.compile(r"EPSG:([0-9]{1,6})\b.*")


@dataclass(frozen=True, slots=True)
class ToldColumn:
    """What a column holds: which attribute, as text, integer, real, boolean or json."""

    attribute: str
    kind: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """What is said about a file's columns by their names, and about its coordinate system."""

    columns: Mapping[str, ToldColumn] = field(default_factory=dict)
    crs: CRS | None = None

    def kind_of(self, column: str) -> str:
        """Return the type a column is said to have, empty when nothing is said."""
        known = self.columns.get(column)
        return known.kind if known else ""


NOTHING = Told()


def told_by_fields(content: bytes) -> Told:
    """Return what ``fields.csv`` says of a Shapefile's columns."""
    lines = io.StringIO(content.decode("utf-8-sig", "replace"), newline="")
    try:
        head, *rows = list(csv.reader(lines)) or [[]]
    except csv.Error:
        return NOTHING
    if tuple(head[: len(_HEADER)]) != _HEADER:
        return NOTHING
    wide = [row for row in rows if len(row) >= len(_HEADER)]
    return Told(
        columns=_unmistakable({r[0]: ToldColumn(GUARD.sub(r"\1", r[1]), r[2]) for r in wide})
    )


def told_by_metadata(content: bytes) -> Told:
    """Return what a description of tabular data says, nothing when it is none of Krong's."""
    try:
        stated = json.loads(content or b"{}")
        columns = {
            str(column["name"]): ToldColumn(
                str(column.get("krong:attribute", column["name"])),
                _CSVW_KINDS.get(str(column.get("datatype", "string")), ""),
            )
            for column in stated.get("tableSchema", {}).get("columns", [])
        }
        place = str(stated.get("krong:provenance", {}).get("crs", ""))
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return NOTHING
    return Told(columns=_unmistakable(columns), crs=_crs(place))


def _unmistakable(columns: Mapping[str, ToldColumn]) -> Mapping[str, ToldColumn]:
    """Return columns whose attributes differ and can be names, else nothing."""
    names = [column.attribute for column in columns.values()]
    are_names = all(0 < len(name) <= MAX_NAME for name in names)
    return columns if are_names and len(set(names)) == len(names) else {}


def _crs(text: str) -> CRS | None:
    stated = _CRS.fullmatch(text)
    try:
        return crs_of(int(stated[1])) if stated else None
    except CrsError:
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldSource:
    """The rows of a file, its columns called and typed as said beside it."""

    source: RowSource
    told: Told

    @property
    def name(self) -> str:
        """What the user calls the file."""
        return self.source.name

    @property
    def layer(self) -> str:
        """Which layer of the file."""
        return self.source.layer

    @property
    def stated_crs(self) -> CRS | None:
        """The coordinate system the file states, else what is said beside it."""
        return self.source.stated_crs or self.told.crs

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the attributes."""
        return tuple(self._names.values())

    @property
    def geometry_type(self) -> str:
        """The stated type of the shapes."""
        return self.source.geometry_type

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        return self.source.row_count

    def batches(self, at_once: int = BATCH_ROWS) -> Iterator[SourceBatch]:
        """Yield the rows in order."""
        names = self._names
        for batch in self.source.batches(at_once):
            columns = {names[n]: self._typed(n, c) for n, c in batch.columns.items()}
            yield replace(batch, columns=columns)

    @property
    def _names(self) -> dict[str, str]:
        """Return the attribute of each column; one that nothing is said of keeps its name."""
        known = self.told.columns
        names = {n: known[n].attribute if n in known else n for n in self.source.fields}
        return names if len(set(names.values())) == len(names) else {n: n for n in names}

    def _typed(self, name: str, column: pa.Array) -> pa.Array:
        if self.told.kind_of(name) != JSON or not pa.types.is_string(column.type):
            return column
        typed: Any = pa.ExtensionArray.from_storage(pa.json_(pa.string()), column)
        return typed


def as_told(source: RowSource, told: Told) -> RowSource:
    """Return a source whose columns are what is said of them."""
    return ToldSource(source=source, told=told) if told.columns or told.crs else source
