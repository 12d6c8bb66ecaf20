"""Which format a file has: its name and its first bytes must say the same.

GDAL chooses a driver by content: a VRT renamed ``.gpkg`` is a VRT to it and may point to any other
file. So the first bytes decide here, before GDAL sees the file, and GDAL's choice is checked again.
"""

import re
from enum import Enum
from pathlib import Path

from layers.errors import UserFacingError
from layers.retold import gettext as _

_HEAD_BYTES = 4096


class SourceFormat(Enum):
    """A format Krong imports: its GDAL driver, its name for people and its file endings."""

    GEOPACKAGE = ("GPKG", "GeoPackage", (".gpkg",))
    GEOJSON = ("GeoJSON", "GeoJSON", (".geojson", ".json"))
    GEOJSON_SEQUENCE = ("GeoJSON", "GeoJSON sequence", (".geojsons", ".geojsonl", ".ndjson"))
    # also an archive of one file in another of these formats
    SHAPEFILE = ("ESRI Shapefile", "zipped Shapefile", (".zip",))
    KML = ("LIBKML", "KML", (".kml",))
    KMZ = ("LIBKML", "KMZ (zipped KML)", (".kmz",))
    DXF = ("DXF", "DXF drawing", (".dxf",))
    CSV = ("CSV", "table as text (CSV)", (".csv", ".tsv"))
    GEOPARQUET = ("Parquet", "GeoParquet", (".parquet", ".geoparquet"))
    FLATGEOBUF = ("FlatGeobuf", "FlatGeobuf", (".fgb",))
    OSM_PBF = ("OSM", "OpenStreetMap PBF", (".pbf",))
    GEOTIFF = ("GTiff", "GeoTIFF (raster)", (".tif", ".tiff"))

    def __init__(self, driver: str, title: str, endings: tuple[str, ...]) -> None:
        self.driver = driver
        self.title = title
        self.endings = endings


class FormatError(UserFacingError):
    """A file that is not what its name says, or nothing Krong reads."""


# A zip archive holds a Shapefile or a KML. Parquet: file format, "PAR1". GeoTIFF: TIFF 6.0 and
# BigTIFF, both byte orders. SQLite: file format, section 1.3.
_FIRST_BYTES = (
    (b"SQLite format 3\x00", SourceFormat.GEOPACKAGE),
    (b"PAR1", SourceFormat.GEOPARQUET),
    (b"AC10", None),  # DWG: AutoCAD's own format, closed
    (b"AutoCAD Binary DXF", None),
    (b"fgb\x03", SourceFormat.FLATGEOBUF),
    (b"\x1e", SourceFormat.GEOJSON_SEQUENCE),  # RFC 8142: a record separator before each text
    (b"II*\x00", SourceFormat.GEOTIFF),
    (b"MM\x00*", SourceFormat.GEOTIFF),
    (b"II+\x00", SourceFormat.GEOTIFF),
    (b"MM\x00+", SourceFormat.GEOTIFF),
)
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# What begins alike: the ending decides.
_BEGINS_AS = {
    SourceFormat.KMZ: SourceFormat.SHAPEFILE,
    SourceFormat.GEOJSON_SEQUENCE: SourceFormat.GEOJSON,
}
# The first group of a drawing, after comments (group 999): AutoCAD DXF Reference, "Section".
_DXF_HEAD = re.compile(rb"\s*(999\s*\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\b")
_KML_HEAD = re.compile(rb"\s*<(\?xml|!--|kml)")
# Signs that no text has; with a UTF-16 mark every second byte may be zero.
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_KNOWN = (
    "GeoPackage .gpkg, GeoJSON .geojson or .geojsons, zipped Shapefile .zip, FlatGeobuf .fgb, "
    "KML .kml or .kmz, DXF .dxf, CSV .csv, GeoParquet .parquet, "
)
KNOWN_FORMATS = f"{_KNOWN}OpenStreetMap .osm.pbf, GeoTIFF .tif"


def identify(path: Path) -> SourceFormat:
    """Return the format of a file, or refuse it with a sentence.

    Raises
    ------
    FormatError
        No such file, a folder, an empty file, an unknown ending, or content that belies the name.
    """
    _check_is_file(path)
    named = next((f for f in SourceFormat if path.name.lower().endswith(f.endings)), None)
    if named is None:
        raise FormatError(
            _("%(name)s: Krong does not import files of this kind.") % {"name": path.name},
            remedy=" ".join(
                [_("Give one of these: %(formats)s.") % {"formats": KNOWN_FORMATS}, *_hint(path)]
            ),
        )
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    found = _format_of(head)
    if found not in {named, _BEGINS_AS.get(named, named)}:
        says = (
            _("%(name)s is called %(named)s, but its content is %(found)s. Nothing was imported.")
            if found
            else _("%(name)s is called %(named)s, but its content is something else.")
        )
        told = {"name": path.name, "named": named.title, "found": found.title if found else ""}
        raise FormatError(says % told, remedy=_mismatch_remedy(named, found))
    return named


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        raise FormatError(
            _("%(path)s is a folder, not a file.") % {"path": path},
            remedy=_("Name one file in it; zip the parts of a Shapefile into one .zip."),
        )
    if not path.is_file():
        raise FormatError(
            _("There is no file %(path)s.") % {"path": path},
            remedy=_("Check the spelling and the folder you stand in."),
        )
    if not path.stat().st_size:
        raise FormatError(
            _("%(name)s is empty (0 bytes).") % {"name": path.name},
            remedy=_("Fetch or export it again."),
        )


def _format_of(head: bytes) -> SourceFormat | None:
    for magic, known in _FIRST_BYTES:
        if head.startswith(magic):
            return known
    if head.startswith(_ZIP):
        return SourceFormat.SHAPEFILE
    if b"OSMHeader" in head[:64]:
        return SourceFormat.OSM_PBF
    return _text_format_of(head)


def _text_format_of(head: bytes) -> SourceFormat | None:
    """Return which format of text this is; what is text and nothing else may be a table."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip().startswith(b"{"):
        return SourceFormat.GEOJSON
    if _KML_HEAD.match(text) and b"<kml" in text:
        return SourceFormat.KML
    if _DXF_HEAD.match(text):
        return SourceFormat.DXF
    is_text = head.startswith(_UTF16_MARKS) or not _NO_TEXT.search(head)
    is_markup = text.lstrip().startswith((b"<", b"["))
    return SourceFormat.CSV if is_text and not is_markup else None


def _hint(path: Path) -> list[str]:
    if path.suffix.lower() in {".shp", ".dbf", ".shx"}:
        return [_("A Shapefile comes as one .zip with its .shp, .shx, .dbf and .prj.")]
    return [_("In AutoCAD: Save As, AutoCAD DXF (ASCII).")] if path.suffix.lower() == ".dwg" else []


def _mismatch_remedy(named: SourceFormat, found: SourceFormat | None) -> str:
    if SourceFormat.GEOTIFF in {named, found} and found is not None:
        told = {"ending": found.endings[0]}
        return _("A raster and a vector file are not the same: rename it to %(ending)s.") % told
    if found is not None:
        told = {"ending": found.endings[0], "format": named.title}
        return _("Rename it to end in %(ending)s, or export it again as %(format)s.") % told
    told = {"format": named.title}
    return _("Ask the supplier for the file itself, exported as %(format)s.") % told
