"""GeoParquet: columns that Arrow reads itself, shapes as WKB (geoparquet.org, version 1.1)."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.ingest.batches import SourceBatch, SourceError, check_field_count
from layers.ingest.curves import linearised
from layers.ingest.vectors import (
    BATCH_ROWS,
    broken_file_explained,
    flat_crs,
    in_pieces,
)
from layers.retold import gettext as _

# The specification's default: longitude and latitude on WGS 84.
_DEFAULT_CRS = "OGC:CRS84"
_MAX_METADATA_BYTES = 16 * 1024**2


@dataclass(frozen=True, kw_only=True, slots=True)
class ParquetSource:
    """The rows of a GeoParquet file."""

    path: Path
    name: str
    geometry_column: str
    fields: tuple[str, ...]
    geometry_type: str
    row_count: int
    stated_crs: CRS | None

    layer = "the table"

    def batches(self, at_once: int = BATCH_ROWS) -> Iterator[SourceBatch]:
        """Yield the rows in order.

        Raises
        ------
        SourceError
            When the file is damaged.
        """
        first_row = 1
        with broken_file_explained(self.name), _opened(self.path) as opened:
            columns = [self.geometry_column, *self.fields]
            for record in opened.iter_batches(batch_size=at_once, columns=columns):
                for piece in in_pieces(record, self.geometry_column):
                    batch = self._batch(piece, first_row)
                    first_row += len(batch)
                    yield linearised(batch)

    def _batch(self, record: pa.RecordBatch, first_row: int) -> SourceBatch:
        rows = np.arange(first_row, first_row + len(record))
        return SourceBatch(
            rows=rows,
            outlines=record.column(self.geometry_column).cast(pa.binary()),
            fids=pa.array(rows),
            columns={name: record.column(name) for name in self.fields},
        )


def open_parquet(path: Path, name: str) -> ParquetSource:
    """Open a GeoParquet file.

    Raises
    ------
    SourceError
        Damaged, a table without shapes, or shapes not stored as WKB.
    """
    with broken_file_explained(name), _opened(path) as opened:
        metadata, schema = opened.metadata, opened.schema_arrow
    described = _described(name, metadata.metadata)
    column = str(described.get("primary_column", ""))
    shapes = described.get("columns", {})
    if not isinstance(shapes, dict) or not isinstance(shapes.get(column), dict):
        raise _no_shapes(name)
    stated = shapes[column]
    _check_encoding(name, column, stated, schema)
    check_field_count(name, len(schema.names))
    types = stated.get("geometry_types") or []
    return ParquetSource(
        path=path,
        name=name,
        geometry_column=column,
        fields=tuple(n for n in schema.names if n not in shapes and n != "bbox"),
        geometry_type=_common_type(types),
        row_count=metadata.num_rows,
        stated_crs=_crs(name, stated),
    )


def _opened(path: Path) -> pq.ParquetFile:
    return pq.ParquetFile(
        path,
        thrift_string_size_limit=_MAX_METADATA_BYTES,
        thrift_container_size_limit=1_000_000,
        page_checksum_verification=True,
    )


def _described(name: str, metadata: Mapping[bytes, bytes] | None) -> dict[str, Any]:
    text = (metadata or {}).get(b"geo")
    if text is None:
        raise _no_shapes(name)
    try:
        described = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SourceError(
            _("%(name)s: its description of the shapes is damaged. Nothing was imported.")
            % {"name": name},
            remedy=_("Export it again as GeoParquet 1.0 or 1.1."),
        ) from error
    return described if isinstance(described, dict) else {}


def _no_shapes(name: str) -> SourceError:
    return SourceError(
        _("%(name)s is a Parquet table without shapes.") % {"name": name},
        remedy=_("Export it as GeoParquet 1.0 or 1.1."),
    )


def _check_encoding(name: str, column: str, stated: Mapping[str, Any], schema: pa.Schema) -> None:
    is_binary = column in schema.names and (
        pa.types.is_binary(schema.field(column).type)
        or pa.types.is_large_binary(schema.field(column).type)
    )
    if stated.get("encoding") != "WKB" or not is_binary:
        raise SourceError(
            _("%(name)s: its shapes are stored as %(encoding)s, not as WKB.")
            % {"name": name, "encoding": repr(str(stated.get("encoding"))[:40])},
            remedy=_("Export it with encoding WKB, the one every GeoParquet program writes."),
        )


def _common_type(types: list[Any]) -> str:
    flat = {str(kind).removesuffix(" Z").removeprefix("Multi") for kind in types}
    return flat.pop() if len(flat) == 1 else "Unknown"


def _crs(name: str, stated: Mapping[str, Any]) -> CRS | None:
    if "crs" not in stated:
        return CRS.from_user_input(_DEFAULT_CRS)
    if stated["crs"] is None:
        return None
    try:
        return flat_crs(CRS.from_json_dict(stated["crs"]))  # never a text, which may name a file
    except (CRSError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            _("%(name)s: its coordinate system cannot be understood. Nothing was imported.")
            % {"name": name},
            remedy=_("Export it again with a coordinate system that has an EPSG code."),
        ) from error
