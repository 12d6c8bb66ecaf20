"""GeoPackage and FlatGeobuf: one file that carries its description (and its colours)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from layers.exports.batches import Batch
from layers.exports.columns import table_of
from layers.exports.contents import contents_of
from layers.exports.formats import ExportFormat
from layers.exports.gdal_files import ArrowFeed, geometry_type, write_file
from layers.exports.looks import shades_of
from layers.exports.provenance import Provenance, as_lines, as_strings
from layers.exports.styles import store_style
from layers.models import LayerVersion

_KINDS = {"POINT": "point", "LINESTRING": "line", "POLYGON": "polygon"}
# Names that SQLite and GeoPackage 1.3 (requirements 1 and 77) keep for themselves.
_RESERVED = ("gpkg", "rtree", "sqlite")
# The index of a FlatGeobuf is built in memory, some 100 bytes a feature.
_MOST_INDEXED = 2_000_000


def write_geopackage(
    path: Path, found: Iterable[Batch], version: LayerVersion, srid: int, provenance: Provenance
) -> None:
    """Write a GeoPackage with the layer's table, its description and its style for QGIS."""
    contents = contents_of(version)
    feed, described = _described(found, version)
    # what QGIS 3.22 and ArcGIS read without a warning
    described["dataset_options"] = {"VERSION": "1.3"}
    described["layer_options"] = {
        "IDENTIFIER": provenance["title_en"],
        "DESCRIPTION": "\n".join(as_lines(provenance)),
    }
    write_file(
        path, feed, ExportFormat.GPKG, srid, layer_metadata=as_strings(provenance), **described
    )
    most = next(iter(contents.shapes), "").removeprefix("MULTI")
    if most in _KINDS:
        store_style(path, str(described["layer"]), shades_of(version), _KINDS[most])


def write_flatgeobuf(
    path: Path, found: Iterable[Batch], version: LayerVersion, srid: int, provenance: Provenance
) -> None:
    """Write a FlatGeobuf whose header holds the description."""
    feed, described = _described(found, version)
    described["layer_options"] = {
        "TITLE": provenance["title_en"],
        "DESCRIPTION": "\n".join(as_lines(provenance)),
        "SPATIAL_INDEX": "YES" if contents_of(version).features <= _MOST_INDEXED else "NO",
    }
    write_file(path, feed, ExportFormat.FGB, srid, **described)


def _described(found: Iterable[Batch], version: LayerVersion) -> tuple[ArrowFeed, dict[str, Any]]:
    kind, is_multiple = geometry_type(contents_of(version).shapes)
    feed = ArrowFeed(found=found, table=table_of(version), as_multiple=is_multiple)
    return feed, {"layer": _table_name(version.layer.slug), "geometry_type": kind}


def _table_name(slug: str) -> str:
    return f"layer-{slug}" if slug.startswith(_RESERVED) else slug
