"""Files that GDAL writes: GeoPackage, FlatGeobuf, Shapefile; a batch at a time, memory flat."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import shapely
from django.utils.translation import gettext as _
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError
from pyogrio.raw import write_arrow

from layers.exports.batches import Batch
from layers.exports.columns import LABELS, Column, Table
from layers.exports.formats import ExportError, ExportFormat

_TYPES = {
    "text": pa.string(),
    "integer": pa.int64(),
    "real": pa.float64(),
    "boolean": pa.bool_(),
    "json": pa.string(),
}
_GEOMETRY = "geometry"
_LABEL_COLUMNS = tuple(Column(name, name, "text") for name in LABELS)
_PLAIN_NAMES = {"POINT": "Point", "LINESTRING": "LineString", "POLYGON": "Polygon"}


@dataclass(kw_only=True, slots=True)
class ArrowFeed:
    """Batches of features as GDAL takes them; remembers the error that ended it."""

    found: Iterable[Batch]
    table: Table
    as_multiple: bool
    shorten: Callable[[str, str, Any], Any] | None = None  # (identifier, column, value)
    rows: int = 0
    error: BaseException | None = field(default=None)

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the file, the labels first."""
        return (*_LABEL_COLUMNS, *self.table.columns)

    def reader(self, names: list[str]) -> pa.RecordBatchReader:
        """Return the stream of batches with these column names."""
        fields = [
            pa.field(name, _TYPES[column.kind], metadata=_described(column))
            for name, column in zip(names, self.columns, strict=True)
        ]
        shape = pa.field(_GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "ogc.wkb"})
        schema = pa.schema([*fields, shape])
        return pa.RecordBatchReader.from_batches(schema, self._batches(schema))

    def _batches(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self.found:
                self.rows += len(batch)
                yield self._record_batch(batch, schema)
        except BaseException as error:
            # GDAL tells only that its source ended; the caller raises this instead
            self.error = error
            raise

    def _record_batch(self, batch: Batch, schema: pa.Schema) -> pa.RecordBatch:
        shapes = as_multiple(batch.shapes) if self.as_multiple else batch.shapes
        values: list[list[Any]] = [list(batch.ids), list(batch.classes), list(batch.lifecycles)]
        values += [self.table.values(column, batch) for column in self.table.columns]
        if self.shorten:
            named = zip(self.columns, values, strict=True)
            values = [
                [self.shorten(i, c.name, v) for i, v in zip(batch.ids, told, strict=True)]
                for c, told in named
            ]
        arrays = [pa.array(told, f.type) for told, f in zip(values, schema, strict=False)]
        outlines = pa.array(shapely.to_wkb(shapes).tolist(), pa.binary())
        return pa.RecordBatch.from_arrays([*arrays, outlines], schema=schema)


def _described(column: Column) -> dict[str, str]:
    told = {"ARROW:extension:name": "arrow.json"} if column.kind == "json" else {}
    if column.name in LABELS:
        return told
    titles = " / ".join(title for title in (column.title_km, column.title_en) if title)
    unit = f" [{column.unit}]" if column.unit else ""
    return {
        **told,
        "GDAL:OGR:alternative_name": titles or column.attribute,
        "GDAL:OGR:comment": f"{column.attribute}{unit}",
    }


def as_multiple(shapes: np.ndarray) -> np.ndarray:
    """Return single shapes as collections of one, so that a column holds one type."""
    makers: dict[int, Any] = {
        0: shapely.multipoints,
        1: shapely.multilinestrings,
        3: shapely.multipolygons,
    }
    found = shapes.copy()
    for kind, maker in makers.items():
        single = shapely.get_type_id(shapes) == kind
        if single.any():
            found[single] = maker(shapes[single], indices=np.arange(single.sum()))
    return found


def geometry_type(shapes: Iterable[str]) -> tuple[str, bool]:
    """Return the type of a file's column for PostGIS types, and whether singles are wrapped."""
    kinds = set(shapes)
    plain = {kind.removeprefix("MULTI") for kind in kinds}
    if len(plain) != 1 or not plain <= set(_PLAIN_NAMES):
        return "Unknown", False
    [one] = plain
    is_multiple = any(kind.startswith("MULTI") for kind in kinds)
    return ("Multi" if is_multiple else "") + _PLAIN_NAMES[one], is_multiple


def write_file(
    path: Path,
    feed: ArrowFeed,
    wanted: ExportFormat,
    srid: int,
    **options: Any,  # noqa: ANN401 - pyogrio's own
) -> None:
    """Write one file; ``options`` are pyogrio's.

    Raises
    ------
    ExportError
        The format cannot hold these data, or the disk is full.
    """
    names = options.pop("names", None) or [column.name for column in feed.columns]
    with written_failure(wanted, feed):
        write_arrow(
            feed.reader(names),
            path,
            driver=wanted.driver,
            geometry_name=_GEOMETRY,
            crs=f"EPSG:{srid}",
            **options,
        )


@contextmanager
def written_failure(wanted: ExportFormat, feed: ArrowFeed) -> Iterator[None]:
    """Turn GDAL's errors about a file into a sentence; errors of the source stay as they are."""
    try:
        yield
    except (DataSourceError, DataLayerError, FeatureError, RuntimeError, OSError) as error:
        if feed.error is not None:
            raise feed.error from None
        raise ExportError(
            _("The layer could not be written as %(format)s: %(reason)s")
            % {"format": wanted.title, "reason": " ".join(str(error).split())[:200]},
            remedy=_("Choose GeoPackage, or take away a part of the layer."),
        ) from error
