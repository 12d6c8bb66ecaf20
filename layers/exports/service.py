"""A selection becomes a download: taken from the database first, then handed on.

Whoever reads it slowly holds no cursor and no transaction open (layers/spooling.py).
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from django.contrib.gis.db.models.functions import GeoFunc
from django.core.files.storage import default_storage
from django.db.models import TextField
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, crs_of, transformer
from layers.exports import dxf, geojson, kml, tables
from layers.exports.batches import Batch, Watch, batches, unwatched
from layers.exports.columns import table_of
from layers.exports.contents import contents_of
from layers.exports.formats import ExportError, ExportFormat, srid_for
from layers.exports.geopackages import write_flatgeobuf, write_geopackage
from layers.exports.looks import shades_of
from layers.exports.provenance import Provenance, as_text, provenance_of
from layers.exports.selection import Selection, selected
from layers.exports.shapefiles import write_shapefiles
from layers.exports.zips import Part, pieces, zipped
from layers.names import name_properties
from layers.scratch import EXPORTS, scratch_folder
from layers.spooling import Spooled, require_room, spooled

ABOUT = "README.txt"


class _ShapeType(GeoFunc):
    """PostGIS's name of a shape's type: MULTIPOLYGON."""

    function = "GeometryType"
    output_field = TextField()
    geom_param_pos = (0,)


@dataclass(frozen=True, kw_only=True, slots=True)
class Download:
    """A file to take away; ``content`` is read once."""

    name: str
    media_type: str
    content: Iterable[bytes]
    size_bytes: int | None  # None: known when it is written


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportRequest:
    """What is asked for: which features, in which format and coordinates."""

    selection: Selection
    wanted: ExportFormat
    srid: int | None = None
    for_excel: bool = False  # CSV: with a byte order mark
    watch: Watch = unwatched


def export(asked: ExportRequest) -> Download:
    """Return the file that was asked for, with its description and licence.

    Raises
    ------
    ExportError
        The format cannot hold what was asked for.
    CrsError
        No accurate transformation to the coordinate system is known.
    """
    version = asked.selection.version
    srid = srid_for(asked.wanted, asked.srid)
    transformer(crs_of(PROJECT_SRID), crs_of(srid))
    provenance = provenance_of(asked.selection, asked.wanted, srid)
    name = f"{version.layer.slug}-v{version.number}{asked.wanted.ending}"
    is_written_first = asked.wanted.driver and asked.wanted is not ExportFormat.SHP
    if is_written_first:
        return _file_download(asked, srid, provenance, name)
    if asked.wanted is ExportFormat.COG:  # a file on the disk: it keeps nothing of the database
        grid = _grid(asked, srid, provenance)
        return Download(
            name=name, media_type=asked.wanted.media_type, content=grid, size_bytes=None
        )
    return _download(asked, name, spooled(_STREAMS[asked.wanted](asked, srid, provenance)))


def _found(asked: ExportRequest, srid: int) -> Iterator[Batch]:
    return batches(selected(asked.selection), srid, asked.watch)


def _file_download(asked: ExportRequest, srid: int, provenance: Provenance, name: str) -> Download:
    """Write a file and give it open, its name already gone: nothing is left behind."""
    write = write_geopackage if asked.wanted is ExportFormat.GPKG else write_flatgeobuf
    version = asked.selection.version
    with scratch_folder(EXPORTS) as folder:
        path = folder / name
        found = batches(selected(asked.selection), srid, _room_watched(asked.watch, folder))
        write(path, found, version, srid, provenance)
        size, file = path.stat().st_size, path.open("rb")
    return _download(asked, name, Spooled(file, size))


def _download(asked: ExportRequest, name: str, content: Spooled) -> Download:
    media_type = asked.wanted.media_type
    return Download(
        name=name, media_type=media_type, content=content, size_bytes=content.size_bytes
    )


def _room_watched(watch: Watch, folder: Path) -> Watch:
    """Return what also ends an export that grows beyond what is kept for one reader."""

    def look() -> None:
        watch()
        require_room(sum(path.stat().st_size for path in folder.iterdir()))

    return look


def _geojson(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    return geojson.feature_collection(_found(asked, srid), provenance)


def _geojson_sequence(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    return geojson.sequence(_found(asked, srid), provenance)


def _kml(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    version = asked.selection.version
    shades, names = shades_of(version), name_properties(version)
    found, table = _found(asked, srid), table_of(version)
    return kml.document(found, table, provenance, shades, names, get_language())


def _csv(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    slug, told = asked.selection.version.layer.slug, as_text(provenance)
    described = _csv_description(asked, srid, provenance)
    return zipped(
        [
            Part(f"{slug}.csv", _csv_table(asked, srid)),
            Part(f"{slug}.csv-metadata.json", [described]),
            Part(ABOUT, [told]),
        ]
    )


def _csv_table(asked: ExportRequest, srid: int) -> Iterator[bytes]:
    version = asked.selection.version
    return tables.csv_lines(
        _found(asked, srid),
        table_of(version),
        srid,
        is_points=_is_points(asked),
        for_excel=asked.for_excel,
    )


def _csv_description(asked: ExportRequest, srid: int, provenance: Provenance) -> bytes:
    table = table_of(asked.selection.version)
    return tables.csv_metadata(table, srid, provenance, is_points=_is_points(asked))


def _is_points(asked: ExportRequest) -> bool:
    return contents_of(asked.selection.version).shapes == ("POINT",)


def _dxf(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    version, crs = asked.selection.version, crs_of(srid)
    slug, shades = version.layer.slug, shades_of(version)
    drawn = dxf.drawing(_found(asked, srid), provenance, shades, is_geographic=crs.is_geographic)
    names = dxf.layer_names(shades)
    legend = [
        f"layer {names[entry.value]}: {entry.label} {entry.colour}"
        for entry in (*shades.entries, shades.other)
    ]
    return zipped(
        [
            Part(f"{slug}.dxf", drawn),
            Part(f"{slug}.prj", [crs.to_wkt("WKT1_ESRI").encode()]),
            Part(f"{slug}.txt", [as_text(provenance, "", *legend)]),
            Part(f"{slug}-attributes.csv", _csv_table(asked, srid)),
        ]
    )


def _shapefile(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    """Write the Shapefiles, then zip them."""
    rows = selected(asked.selection).annotate(shape_type=_ShapeType("geometry"))
    with scratch_folder(EXPORTS) as folder:
        watch = _room_watched(asked.watch, folder)

        def batches_of(kinds: tuple[str, ...]) -> Iterator[Batch]:
            return batches(rows.filter(shape_type__in=kinds), srid, watch)

        write_shapefiles(folder, batches_of, asked.selection.version, srid)
        parts = [Part(path.name, pieces(path.open("rb"))) for path in sorted(folder.iterdir())]
        yield from zipped([*parts, Part(ABOUT, [as_text(provenance)])])


def _grid(asked: ExportRequest, srid: int, provenance: Provenance) -> Generator[bytes]:
    """Give a grid as it lies: a Cloud-Optimised GeoTIFF, and beside it what it is."""
    version = asked.selection.version
    if srid != PROJECT_SRID or not asked.selection.is_all:
        raise ExportError(
            _("A grid is given as it lies: whole, and in its own coordinate system."),
            remedy=_("Leave the selection and the coordinate system out."),
        )
    raster = version.raster
    told = dict(provenance) | {
        "quantity": raster.quantity,
        "units": raster.units,
        "nodata": raster.nodata,
        "vertical_datum": raster.vertical_datum,
        "cell_size_m": raster.resolution_m,
        "lowest": raster.minimum,
        "highest": raster.maximum,
    }
    grid = default_storage.open(str(raster.file.name), "rb")
    slug = version.layer.slug
    return zipped(
        [Part(f"{slug}.tif", pieces(grid), is_packed=False), Part(ABOUT, [as_text(told)])]
    )


_STREAMS = {
    ExportFormat.GEOJSON: _geojson,
    ExportFormat.GEOJSONSEQ: _geojson_sequence,
    ExportFormat.KML: _kml,
    ExportFormat.CSV: _csv,
    ExportFormat.DXF: _dxf,
    ExportFormat.SHP: _shapefile,
}
