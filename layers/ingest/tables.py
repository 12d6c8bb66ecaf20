"""Tables as text: shapes from two columns of coordinates, or from one of well-known text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import shapely
from django.contrib.gis.gdal import GDALException, OGRGeometry
from shapely.errors import ShapelyError

from layers.ingest.batches import SourceBatch, SourceError
from layers.ingest.coordinates import Punctuation, as_numbers
from layers.ingest.curves import linearised
from layers.ingest.options import ImportOptions
from layers.ingest.table_text import GUARD, TextForm, recognised
from layers.ingest.vectors import BATCH_ROWS, in_pieces
from layers.retold import gettext as _

X_NAMES = (
    *("lon", "long", "lng", "longitude", "x", "easting", "east", "utm_x", "point_x", "coord_x"),
    *("រយៈបណ្តោយ", "រយៈបណ្ដោយ"),  # longitude, written with either of two letters that look alike
)
Y_NAMES = (
    *("lat", "latitude", "y", "northing", "north", "utm_y", "point_y", "coord_y"),
    "រយៈទទឹង",
)
WKT_NAMES = ("wkt", "wkt_geom", "geometry", "geom", "the_geom", "shape")
_WKT = re.compile(
    r"\s*(POINT|LINESTRING|POLYGON|MULTI|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE|CURVE)",
    re.IGNORECASE,
)
# One line; the reader takes a file in blocks of this size.
_BLOCK_BYTES = 16 * 1024**2
# Brackets open at once: a multipolygon has three, a collection of those four.
_MAX_NEST = 8
# A shape of no known type: told apart from none at all, and refused row by row.
_UNREADABLE = b"\x01\x00\x00\x00\x00"
_WHOLE = r"^-?(0|[1-9][0-9]{0,17})$"
_DECIMAL = r"^-?(0|[1-9][0-9]*)\.[0-9]+$"
# How a column's every value must be written to be of a type.
_WRITTEN = {
    "integer": (_WHOLE, pa.int64()),
    "decimal": (f"{_WHOLE}|{_DECIMAL}", pa.float64()),
    "real": (r"^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$", pa.float64()),
    "boolean": (r"^(true|false)$", pa.bool_()),
}
# Numbers are recognised; what else a column is must be said beside the table.
_GUESSED = ("integer", "decimal")


def _nothing(_column: str) -> str:
    return ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableSource:
    """The rows of a table as text."""

    path: Path
    name: str
    form: TextForm
    x_field: str
    y_field: str
    wkt_field: str
    fields: tuple[str, ...]
    types: dict[str, pa.DataType]
    punctuation: Punctuation
    row_count: int

    layer = "the table"
    stated_crs = None

    @property
    def geometry_type(self) -> str:
        """Points from coordinates; well-known text may hold anything."""
        return "Unknown" if self.wkt_field else "Point"

    def batches(self, at_once: int = BATCH_ROWS) -> Iterator[SourceBatch]:
        """Yield the rows in order; all text stays text but columns of plain numbers."""
        first_row = 1
        for record in records(self.path, self.name, self.form, at_once):
            outlines = self._outlines(record)
            with_shapes = record.append_column("", outlines)
            for piece in in_pieces(with_shapes, ""):
                rows = np.arange(first_row, first_row + len(piece))
                first_row += len(piece)
                yield linearised(self._batch(piece, rows))

    def _batch(self, piece: pa.RecordBatch, rows: np.ndarray) -> SourceBatch:
        return SourceBatch(
            rows=rows,
            outlines=piece.column(piece.num_columns - 1),
            fids=pa.array(rows),
            columns={n: _typed(piece.column(n), self.types[n]) for n in self.fields},
        )

    def _outlines(self, record: pa.RecordBatch) -> pa.Array:
        if self.wkt_field:
            return _shapes_of_text(record.column(self.wkt_field))
        x, y = (
            as_numbers(record.column(name), decimal_comma=self.punctuation.is_decimal_comma)
            for name in (self.x_field, self.y_field)
        )
        points: Any = shapely.to_wkb(shapely.points(x, y))
        is_missing = np.logical_and(
            *(record.column(n).is_null().to_numpy(zero_copy_only=False) for n in self.coordinates)
        )
        points[is_missing] = None
        return pa.array(points, pa.binary())

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The columns that hold the shapes."""
        return (self.wkt_field,) if self.wkt_field else (self.x_field, self.y_field)


def open_table(
    path: Path, name: str, options: ImportOptions, *, kind_of: Callable[[str], str] = _nothing
) -> TableSource:
    """Open a table as text; find its coordinates by name, or take the columns that were named.

    ``kind_of`` tells the type that a column is said to have; it has it if every value bears it out.

    Raises
    ------
    SourceError
        Lines of unequal length, or no columns that could hold coordinates.
    """
    form = recognised(path, name, encoding=options.encoding)
    x_field, y_field, wkt_field = _coordinate_columns(name, form.header, options)
    used = {x_field, y_field, wkt_field}
    fields = tuple(column for column in form.header if column not in used)
    may_be = {column: _candidates(kind_of(column)) for column in form.header}
    types, written, count = _looked_through(path, name, form, may_be, (x_field, y_field))
    return TableSource(
        path=path,
        name=name,
        form=form,
        x_field=x_field,
        y_field=y_field,
        wkt_field=wkt_field,
        fields=fields,
        types=types,
        punctuation=written,
        row_count=count,
    )


def records(path: Path, name: str, form: TextForm, at_once: int) -> Iterator[pa.RecordBatch]:
    """Yield the lines below the header, every cell trimmed text, empty ones null."""
    reading = pa_csv.ReadOptions(
        use_threads=False,
        block_size=_BLOCK_BYTES,
        column_names=list(form.header),
        skip_rows=1,
        encoding=form.encoding,
    )
    text = dict.fromkeys(form.header, pa.string())
    converting = pa_csv.ConvertOptions(
        column_types=text, strings_can_be_null=True, null_values=[""]
    )
    parsing = pa_csv.ParseOptions(delimiter=form.delimiter, newlines_in_values=True)
    try:
        with pa_csv.open_csv(path, reading, parsing, converting) as opened:
            for record in opened:
                for start in range(0, len(record), at_once):
                    yield _trimmed(record.slice(start, at_once))
    except (pa.ArrowInvalid, UnicodeError) as error:
        raise SourceError(
            _("%(name)s cannot be read as a table (%(reason)s). Nothing was imported.")
            % {"name": name, "reason": _reason(error)},
            remedy=_(
                "Every line needs as many cells as the header; quote texts that "
                "hold the delimiter. Save it again as CSV (UTF-8)."
            ),
        ) from error


def _coordinate_columns(
    name: str, header: tuple[str, ...], options: ImportOptions
) -> tuple[str, str, str]:
    for given in filter(None, (options.x_field, options.y_field, options.wkt_field)):
        if given not in header:
            raise SourceError(
                _("%(name)s has no column '%(given)s'.") % {"name": name, "given": given},
                remedy=_("It has: %(names)s.") % {"names": ", ".join(header[:30])},
            )
    if options.wkt_field:
        return "", "", options.wkt_field
    x = options.x_field or _called(header, X_NAMES)
    y = options.y_field or _called(header, Y_NAMES)
    if x and y and x != y:
        return x, y, ""
    if wkt := _called(header, WKT_NAMES):
        return "", "", wkt
    raise SourceError(
        _("%(name)s: no columns are called like coordinates; it has %(names)s.")
        % {"name": name, "names": ", ".join(header[:30])},
        remedy=_("Name them: --x-field EAST --y-field NORTH, or --wkt-field SHAPE."),
    )


def _called(header: tuple[str, ...], names: tuple[str, ...]) -> str:
    lowered = {column.lower().strip(): column for column in reversed(header)}
    return next((lowered[name] for name in names if name in lowered), "")


def _candidates(said: str) -> tuple[str, ...]:
    """Return the types a column may have besides text."""
    if not said:
        return _GUESSED
    return (said,) if said in _WRITTEN else ()


def _looked_through(
    path: Path,
    name: str,
    form: TextForm,
    may_be: dict[str, tuple[str, ...]],
    coordinates: tuple[str, str],
) -> tuple[dict[str, pa.DataType], Punctuation, int]:
    """Read the table once: of which type each column is throughout, how coordinates are written."""
    written = Punctuation()
    count = 0
    for record in records(path, name, form, BATCH_ROWS):
        count += len(record)
        for column in filter(may_be.get, form.header):
            may_be[column] = _still(may_be[column], record.column(column))
        for column in filter(None, coordinates):
            written.look(record.column(column))
    types = {column: _WRITTEN[kinds[0]][1] for column, kinds in may_be.items() if kinds}
    texts = dict.fromkeys(form.header, pa.string())
    return texts | types, written, count


def _still(may_be: tuple[str, ...], column: pa.Array) -> tuple[str, ...]:
    return tuple(
        kind
        for kind in may_be
        if pc.all(pc.match_substring_regex(column, _WRITTEN[kind][0])).as_py() is not False
    )


def _typed(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return unguarded(column) if pa.types.is_string(kind) else pc.cast(column, kind)


def unguarded(column: pa.Array) -> pa.Array:
    """Return texts without the apostrophe that keeps a spreadsheet from running a formula.

    Krong's own tables put it before every text that begins with a formula's sign or with an
    apostrophe, as OWASP advises against CSV injection. Another leading apostrophe is a letter.
    """
    return pc.replace_substring_regex(column, GUARD.pattern, r"\1")


def _trimmed(record: pa.RecordBatch) -> pa.RecordBatch:
    columns = [pc.utf8_trim_whitespace(column) for column in record.columns]
    empty = pa.scalar(None, pa.string())
    return pa.record_batch(
        [pc.if_else(pc.equal(c, ""), empty, c) for c in columns], names=record.schema.names
    )


def _shapes_of_text(column: pa.Array) -> pa.Array:
    return pa.array([_shape_of_text(text) for text in column.to_pylist()], pa.binary())


def _shape_of_text(text: str | None) -> bytes | None:
    """Return well-known text as WKB; what nests without end is kept away from the parser."""
    if text is None:
        return None
    if not _WKT.match(text) or _nest(text) > _MAX_NEST:
        return _UNREADABLE
    try:
        return bytes(shapely.to_wkb(shapely.from_wkt(text)))
    except NotImplementedError:  # curves: GEOS knows them, shapely hands none on
        return _curve_of_text(text)
    except ShapelyError:
        return _UNREADABLE


def _curve_of_text(text: str) -> bytes:
    try:
        return bytes(OGRGeometry(text).wkb)
    except GDALException:
        return _UNREADABLE


def _nest(text: str) -> int:
    signs = np.frombuffer(text.encode(), dtype=np.uint8)
    steps = (signs == ord("(")).astype(np.int64) - (signs == ord(")"))
    return int(np.cumsum(steps).max(initial=0))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:160].rstrip(".")
