"""Reading vector files in batches, so that memory stays flat however large the file is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyogrio.raw import open_arrow
from pyproj import CRS
from pyproj.exceptions import CRSError

from layers.crs import crs_of
from layers.errors import UnknownCrsError
from layers.ingest.batches import SourceBatch, SourceError, check_field_count
from layers.ingest.curves import linearised
from layers.ingest.formats import SourceFormat
from layers.retold import gettext as _

BATCH_ROWS = 20_000
# GeoPackages are SQLite databases; what it says of them helps only programmers.
_OF_THE_DATABASE = re.compile(r"sqlite|SELECT|database|file is not a db", re.IGNORECASE)
# Rows of large outlines are handed on in smaller pieces.
BATCH_BYTES = 48 * 1024**2


class RowSource(Protocol):
    """Rows of any format, opened far enough to know what they are."""

    @property
    def name(self) -> str:
        """What the user calls the file."""

    @property
    def layer(self) -> str:
        """Which layer of the file."""

    @property
    def stated_crs(self) -> CRS | None:
        """The coordinate system the file states."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the columns."""

    @property
    def geometry_type(self) -> str:
        """The stated type of the shapes, by its OGC name; ``Unknown`` for any."""

    @property
    def row_count(self) -> int:
        """How many rows there are, -1 when only reading tells."""

    def batches(self, at_once: int = BATCH_ROWS) -> Iterator[SourceBatch]:
        """Yield the rows in order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VectorSource:
    """One layer of a vector file that GDAL reads."""

    path: Path  # what GDAL opens
    name: str  # what the user called it
    layer: str
    fields: tuple[str, ...]
    geometry_type: str
    row_count: int  # -1: unknown
    stated_crs: CRS | None
    open_options: dict[str, Any]
    left_out: frozenset[str] = frozenset()  # columns that are the format's, not the user's

    def batches(self, at_once: int = BATCH_ROWS) -> Iterator[SourceBatch]:
        """Yield the rows in order.

        Raises
        ------
        SourceError
            When the file breaks off.
        """
        first_row = 1
        with broken_file_explained(self.name):
            options = {"use_pyarrow": True, "return_fids": True, "batch_size": at_once}
            with open_arrow(self.path, layer=self.layer, **options, **self.open_options) as opened:
                meta, reader = opened
                for record in reader:
                    for piece in in_pieces(record, geometry_column(record.schema)):
                        batch = _source_batch(piece, meta, first_row, self.left_out)
                        first_row += len(batch)
                        yield linearised(batch)


@contextmanager
def broken_file_explained(name: str) -> Iterator[None]:
    """Turn GDAL's errors about a file into a sentence."""
    try:
        yield
    except (DataSourceError, DataLayerError, pa.ArrowInvalid, OSError) as error:
        raise SourceError(
            _(
                "%(name)s cannot be read: it is damaged or incomplete (%(plain)s). "
                "Nothing was imported."
            )
            % {"name": name, "plain": _plain(error)},
            remedy=_("Fetch or export the file again and compare its size with the original."),
        ) from error


def open_source(
    path: Path,
    *,
    name: str,
    source_format: SourceFormat,
    layer: str = "",
    options: Mapping[str, str] | None = None,
    left_out: frozenset[str] = frozenset(),
) -> VectorSource:
    """Open one layer of a vector file; the only one, or the one named.

    Raises
    ------
    SourceError
        Damaged, another driver than the format's, no such layer, several and none chosen.
    """
    chosen = _choose_layer(path, name, source_format, layer)
    given: dict[str, Any] = dict(options or {})
    with broken_file_explained(name):
        described = pyogrio.read_info(path, layer=chosen, **given)
    if described["driver"] != source_format.driver:
        raise SourceError(
            _("%(name)s is not a %(title)s inside. Nothing was imported.")
            % {"name": name, "title": source_format.title},
            remedy=_("Ask the supplier for the data itself, not a file that points to it."),
        )
    if described["geometry_type"] is None:
        raise SourceError(
            _("%(name)s: '%(chosen)s' is a table without shapes.")
            % {"name": name, "chosen": chosen},
            remedy=_("Choose a layer with shapes."),
        )
    return VectorSource(
        path=path,
        name=name,
        layer=chosen,
        fields=_fields(name, described["fields"], left_out),
        geometry_type=str(described["geometry_type"]),
        row_count=int(described["features"]),
        stated_crs=stated_crs(described["crs"]),
        open_options=given,
        left_out=left_out,
    )


def _fields(name: str, stated: Iterable[object], left_out: frozenset[str]) -> tuple[str, ...]:
    fields = tuple(str(field) for field in stated)
    check_field_count(name, len(fields))
    return tuple(field for field in fields if field not in left_out)


def source_crs(source: RowSource, srid: int | None) -> CRS:
    """Return the CRS of a source: what the file states, or what the user knows.

    Raises
    ------
    UnknownCrsError
        Neither the file nor the user says.
    SourceError
        They contradict each other.
    """
    if source.stated_crs is None:
        if srid is None:
            raise UnknownCrsError(Path(source.name), source.layer)
        return crs_of(srid)
    check_crs_agrees(source.name, source.stated_crs, srid)
    return source.stated_crs


def check_crs_agrees(name: str, stated: CRS, srid: int | None) -> None:
    """Refuse an ``--srid`` that contradicts what the file states about itself."""
    if srid is None or stated.to_epsg() == srid:
        return
    if stated.equals(crs_of(srid), ignore_axis_order=True):
        return
    code = f" (EPSG:{stated.to_epsg()})" if stated.to_epsg() else ""
    raise SourceError(
        _(
            "%(name)s states its coordinate system as %(crs)s%(code)s, but "
            "--srid says EPSG:%(srid)s. Nothing was imported."
        )
        % {"name": name, "crs": stated.name, "code": code, "srid": srid},
        remedy=_(
            "Leave --srid out. If the file is wrong about itself, correct it "
            "at the source (in QGIS: Assign projection) and import the "
            "corrected file."
        ),
    )


def _choose_layer(path: Path, name: str, source_format: SourceFormat, wanted: str) -> str:
    with broken_file_explained(name):
        listed = [(str(layer), kind) for layer, kind in pyogrio.list_layers(path)]
    with_shapes = [layer for layer, kind in listed if kind is not None]
    if source_format is SourceFormat.SHAPEFILE:
        return listed[0][0]
    if wanted:
        return _layer_called(wanted, [layer for layer, _kind in listed], name)
    if len(with_shapes) == 1:
        return with_shapes[0]
    if not with_shapes:
        raise SourceError(
            _("%(name)s holds no layer with shapes (only tables or raster tiles, or nothing).")
            % {"name": name},
            remedy=_("Export the layer you need as a vector layer; rasters come as GeoTIFF."),
        )
    raise SourceError(
        _("%(name)s holds %(count)s layers: %(names)s.")
        % {"name": name, "count": len(with_shapes), "names": ", ".join(with_shapes[:20])},
        remedy=_("Choose one, e.g. --source-layer %(layer)s") % {"layer": with_shapes[0]},
    )


def _layer_called(wanted: str, names: list[str], file_name: str) -> str:
    if wanted in names:
        return wanted
    raise SourceError(
        _("%(file_name)s holds no layer '%(wanted)s'.")
        % {"file_name": file_name, "wanted": wanted},
        remedy=_("It holds: %(names)s.") % {"names": ", ".join(names[:20]) or "–"},
    )


def stated_crs(text: str | bytes | None) -> CRS | None:
    """Return the CRS a file states; a CRS that names no place on Earth is none."""
    if not text:
        return None
    try:
        if isinstance(text, bytes):  # a .prj as it came: WKT, never a name or a file of PROJ's
            stated = CRS.from_wkt(text.decode("utf-8", "replace"))
        else:
            stated = CRS.from_user_input(text)
    except CRSError:
        return None
    return flat_crs(stated)


def flat_crs(stated: CRS) -> CRS | None:
    """Return a CRS without heights, None when it names no place on Earth."""
    flat = stated.to_2d() if len(stated.axis_info) > 2 else stated  # noqa: PLR2004 - x and y
    if flat.is_compound:
        flat = flat.sub_crs_list[0]
    return flat if flat.is_geographic or flat.is_projected else None


def geometry_column(schema: pa.Schema) -> str:
    """Return the name of the column GDAL marks as holding WKB."""
    marked = [f.name for f in schema if b"wkb" in _extension_name(f).lower()]
    if not marked:
        raise pa.ArrowInvalid("no shapes in this layer")
    return str(marked[-1])


def _extension_name(field: pa.Field) -> bytes:
    return bytes((field.metadata or {}).get(b"ARROW:extension:name", b""))


def in_pieces(record: pa.RecordBatch, geometry_name: str) -> Iterator[pa.RecordBatch]:
    """Yield a batch in pieces whose outlines take at most BATCH_BYTES."""
    size = record.column(geometry_name).nbytes
    pieces = max(1, -(-size // BATCH_BYTES))
    step = max(1, -(-len(record) // pieces))
    for start in range(0, len(record), step):
        yield record.slice(start, step)


def _source_batch(
    record: pa.RecordBatch, meta: dict[str, Any], first_row: int, left_out: frozenset[str]
) -> SourceBatch:
    geometry_name = geometry_column(record.schema)
    fid_name = meta["fid_column"] or "OGC_FID"
    apart = {geometry_name, fid_name, *left_out}
    columns = {name: record.column(name) for name in record.schema.names if name not in apart}
    return SourceBatch(
        rows=np.arange(first_row, first_row + len(record)),
        outlines=record.column(geometry_name),
        fids=record.column(fid_name),
        columns=columns,
    )


def _plain(error: Exception) -> str:
    """Return GDAL's message without line breaks, folders of this machine and raw SQL."""
    if _OF_THE_DATABASE.search(str(error)):
        return "the database in it is cut off or damaged"
    words = " ".join(str(error).split()).rstrip(".").split(" ")
    return " ".join(word.rsplit("/", 1)[-1] for word in words)[:200]
