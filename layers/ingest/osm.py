"""OpenStreetMap extracts: nodes, ways and relations as features with all their tags."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely
from pyogrio.raw import open_arrow, read
from pyproj import CRS

from layers.crs import WGS84_SRID, crs_of
from layers.ingest.attributes import plain_column
from layers.ingest.batches import SourceBatch, SourceError
from layers.ingest.labels import STABLE_ID_COLUMN
from layers.ingest.osm_blocks import check_whole
from layers.ingest.vectors import BATCH_ROWS, broken_file_explained, geometry_column
from layers.retold import gettext as _

_CONFIG_FILE = Path(__file__).with_name("osmconf.ini")
# Named in SQL so that GDAL forgets the elements of the other layers instead of storing them up.
_QUERIES = {
    "points": "SELECT * FROM points",
    "lines": "SELECT * FROM lines",
    "multipolygons": "SELECT * FROM multipolygons",
    "multilinestrings": "SELECT * FROM multilinestrings",
    "other_relations": "SELECT * FROM other_relations",
}
_NOTHING = "SELECT osm_id FROM other_relations WHERE osm_id = 'none'"
_ELEMENT = {"points": "n", "lines": "w", "multilinestrings": "r", "other_relations": "r"}
_COASTLINE = '"natural":"coastline"'
# With one of these the closed way is an area of its own, whose edge happens to be the coast.
_AREA_KEYS = frozenset(
    {
        "aeroway",
        "amenity",
        "boundary",
        "building",
        "harbour",
        "healthcare",
        "historic",
        "industrial",
    }
    | {"landuse", "leisure", "man_made", "military", "office", "power", "shop", "tourism"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class OsmSource:
    """An OpenStreetMap extract; every geometry layer of it, or one."""

    path: Path
    name: str
    layers: tuple[str, ...]
    fields: tuple[str, ...] = (STABLE_ID_COLUMN,)
    geometry_type: str = "Unknown"
    row_count: int = -1
    layer: str = ""
    stated_crs: CRS | None = None

    def batches(self, at_once: int = BATCH_ROWS) -> Iterator[SourceBatch]:
        """Yield the elements, layer by layer; ``stable_id`` is ``osm:n1``, ``osm:w1``, ``osm:r1``.

        Raises
        ------
        SourceError
            When the file breaks off.
        """
        first_row = 1
        for layer in self.layers:
            for record in self._records(layer, at_once):
                yield _element_batch(record, layer, first_row)
                first_row += len(record)

    def _records(self, layer: str, at_once: int) -> Iterator[pa.RecordBatch]:
        query = {"sql": _QUERIES[layer], "batch_size": at_once}
        with (
            broken_file_explained(self.name),
            open_arrow(self.path, use_pyarrow=True, CONFIG_FILE=_CONFIG_FILE, **query) as opened,
        ):
            yield from opened[1]


def open_osm(path: Path, *, name: str, layer: str = "") -> OsmSource:
    """Open an extract; without a layer's name all its geometry layers are read.

    Raises
    ------
    SourceError
        There is no layer of that name, or the extract is not whole.
    """
    if layer and layer not in _QUERIES:
        raise SourceError(
            _("%(name)s: an OpenStreetMap file holds no layer '%(layer)s'.")
            % {"name": name, "layer": layer},
            remedy=_("Choose one of %(names)s, or leave --source-layer out for all.")
            % {"names": ", ".join(_QUERIES)},
        )
    check_whole(path, name)
    _check_parses(path, name)
    return OsmSource(
        path=path,
        name=name,
        layers=(layer,) if layer else tuple(_QUERIES),
        stated_crs=crs_of(WGS84_SRID),
    )


def _check_parses(path: Path, name: str) -> None:
    """Refuse an extract whose elements GDAL cannot decode to the end.

    GDAL's Arrow stream ends at a malformed element as if the file ended there; its reader of single
    features says so. Asked for what is not there, it decodes everything and returns nothing.
    """
    with broken_file_explained(name):
        read(path, sql=_NOTHING, read_geometry=False, CONFIG_FILE=_CONFIG_FILE)


def _element_batch(record: pa.RecordBatch, layer: str, first_row: int) -> SourceBatch:
    tags = pc.fill_null(plain_column(record.column("all_tags")), "{}")
    rows = np.arange(first_row, first_row + len(record))
    return SourceBatch(
        rows=rows,
        outlines=_coastlines_as_lines(record.column(geometry_column(record.schema)), tags),
        fids=pa.array(rows),
        columns={STABLE_ID_COLUMN: _identifiers(record, layer)},
        tags=tags,
    )


def _identifiers(record: pa.RecordBatch, layer: str) -> pa.Array:
    if layer != "multipolygons":
        return _joined(f"osm:{_ELEMENT[layer]}", record.column("osm_id"))
    of_ways = _joined("osm:w", record.column("osm_way_id"))
    return pc.coalesce(of_ways, _joined("osm:r", record.column("osm_id")))


def _joined(prefix: str, numbers: pa.Array) -> pa.Array:
    return pc.binary_join_element_wise(prefix, plain_column(numbers), "")


def _coastlines_as_lines(outlines: pa.Array, tags: pa.Array) -> pa.Array:
    """Give closed coastlines back as lines: they bound the sea, they are no area by the shore."""
    maybe = np.flatnonzero(pc.match_substring(tags, _COASTLINE).to_numpy(zero_copy_only=False))
    is_coast = [int(i) for i in maybe if not _AREA_KEYS & json.loads(tags[int(i)].as_py()).keys()]
    if not is_coast:
        return outlines
    blobs = outlines.to_numpy(zero_copy_only=False)
    shapes = shapely.from_wkb(blobs[is_coast])
    is_area = shapely.get_dimensions(shapes) == 2  # noqa: PLR2004 - two dimensions: an area
    shapes[is_area] = shapely.boundary(shapes[is_area])
    blobs[is_coast] = shapely.to_wkb(shapes)
    return pa.array(blobs, pa.binary())
