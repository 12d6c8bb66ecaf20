"""The formats a layer can be taken away in, and what each can hold."""

from enum import Enum

from django.utils.translation import gettext as _

from layers.crs import PROJECT_SRID, WGS84_SRID
from layers.errors import UserFacingError
from layers.vocab import GeometryKind

# Decimals kept of coordinates written as text: a tenth of a millimetre in metres, about a
# millimetre in degrees. RFC 7946, section 11.2, warns against more than is known.
DECIMALS_METRES = 4
DECIMALS_DEGREES = 8
DECIMALS_GEOJSON = 7


class ExportFormat(Enum):
    """A format: its name in addresses, its title, the file's ending, media type and GDAL driver."""

    GPKG = ("gpkg", "GeoPackage", ".gpkg", "application/geopackage+sqlite3", "GPKG")
    SHP = ("shp", "Shapefile (zip)", ".shp.zip", "application/zip", "ESRI Shapefile")
    GEOJSON = ("geojson", "GeoJSON", ".geojson", "application/geo+json", "")
    GEOJSONSEQ = ("geojsonseq", "GeoJSON sequence", ".geojsons", "application/geo+json-seq", "")
    FGB = ("fgb", "FlatGeobuf", ".fgb", "application/flatgeobuf", "FlatGeobuf")
    KML = ("kml", "KML", ".kml", "application/vnd.google-earth.kml+xml", "")
    DXF = ("dxf", "DXF (zip)", ".dxf.zip", "application/zip", "")
    CSV = ("csv", "CSV (zip)", ".csv.zip", "application/zip", "")
    COG = ("cog", "Cloud-Optimised GeoTIFF (zip)", ".tif.zip", "application/zip", "")

    def __init__(self, code: str, title: str, ending: str, media_type: str, driver: str) -> None:
        self.code = code
        self.title = title
        self.ending = ending
        self.media_type = media_type
        self.driver = driver

    @property
    def is_degrees_only(self) -> bool:
        """True for formats that know longitude and latitude only (RFC 7946; OGC 12-007r2)."""
        return self in {ExportFormat.GEOJSON, ExportFormat.GEOJSONSEQ, ExportFormat.KML}


class ExportError(UserFacingError):
    """A file that cannot be made as asked."""


def formats_for(geometry_kind: str) -> list[ExportFormat]:
    """Return the formats in which a layer of this kind can be taken away."""
    if geometry_kind == GeometryKind.RASTER:
        return [ExportFormat.COG]
    return [known for known in ExportFormat if known is not ExportFormat.COG]


def format_named(code: str, geometry_kind: str) -> ExportFormat:
    """Return a format by its name in addresses, or refuse it with the names there are."""
    known = formats_for(geometry_kind)
    for one in known:
        if one.code == code:
            return one
    raise ExportError(
        _("This layer cannot be taken away as '%(code)s'.") % {"code": code[:40]},
        remedy=_("Choose one of these formats: %(names)s.")
        % {"names": ", ".join(one.code for one in known)},
    )


def srid_for(wanted: ExportFormat, asked: int | None) -> int:
    """Return the EPSG code of a file's coordinates: as asked, else what suits the format.

    Raises
    ------
    ExportError
        The format knows longitude and latitude only.
    """
    if wanted.is_degrees_only:
        if asked not in {None, WGS84_SRID}:
            raise ExportError(
                _("%(format)s holds longitude and latitude (WGS 84) only.")
                % {"format": wanted.title},
                remedy=_("Leave the coordinate system out, or choose GeoPackage."),
            )
        return WGS84_SRID
    if asked is None:
        return WGS84_SRID if wanted is ExportFormat.CSV else PROJECT_SRID
    return asked


def decimals_of(wanted: ExportFormat, *, is_geographic: bool) -> int | None:
    """Return how many decimals of coordinates a format keeps, None for all of them."""
    if wanted in {ExportFormat.GEOJSON, ExportFormat.GEOJSONSEQ}:
        return DECIMALS_GEOJSON
    if wanted in {ExportFormat.KML, ExportFormat.CSV, ExportFormat.DXF}:
        return DECIMALS_DEGREES if is_geographic else DECIMALS_METRES
    return None
