"""What tests of the map need: where the test ground lies on a web map, and GDAL to read tiles."""

import math
import warnings
from io import BytesIO

import numpy as np
import pyogrio
import rasterio
from django.contrib.gis.geos import GEOSGeometry
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from layers.crs import PROJECT_SRID, WGS84_SRID, coordinate_function
from layers.services import Provenance, open_layer, publish_raster
from tests.factories import EAST, NORTH, rectangle

NODATA = -9999.0


def lonlat(x, y):
    """Longitude and latitude of a point (x, y) metres from the origin of the test ground."""
    return coordinate_function(PROJECT_SRID, WGS84_SRID)(EAST + x, NORTH + y)


def tile_holding(x, y, z):
    """Column and row of the web-map tile of zoom z that holds a point of the test ground."""
    longitude, latitude = lonlat(x, y)
    side = 2**z
    column = (longitude + 180) / 360 * side
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * side
    return int(column), int(row)


def pixel_in_tile(x, y, z):
    """Row and column of the pixel (of 256) of that tile that holds the point."""
    longitude, latitude = lonlat(x, y)
    side = 2**z
    column = (longitude + 180) / 360 * side % 1
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * side % 1
    return int(row * 256), int(column * 256)


def read_tile(content, layer, z, x, y):
    """The features of a vector tile as GDAL reads them, in web Mercator metres."""
    return pyogrio.read_dataframe(BytesIO(content), layer=layer, X=x, Y=y, Z=z, CLIP="NO")


def layers_of_tile(content):
    return sorted(name for name, _kind in pyogrio.list_layers(BytesIO(content)))


def read_picture(content):
    """The bands of a PNG: (4, 256, 256)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with MemoryFile(content) as file, file.open() as image:
            return image.read()


def published_grid(folder, slug, values, cell_m=10.0, quantity="max_depth", units="m"):
    """A published grid whose north-west corner is the origin of the test ground."""
    values = np.asarray(values, dtype="float32")
    rows, columns = values.shape
    path = folder / f"{slug}.tif"
    profile = {"height": rows, "width": columns, "count": 1, "dtype": "float32", "nodata": NODATA}
    place = {"crs": f"EPSG:{PROJECT_SRID}", "transform": from_origin(EAST, NORTH, cell_m, cell_m)}
    with rasterio.open(path, "w", driver="GTiff", **profile, **place) as file:
        file.write(values, 1)
    known = values[values != NODATA]
    outline = rectangle(0, -rows * cell_m, columns * cell_m, rows * cell_m)
    layer = open_layer(slug=slug, geometry_kind="raster", theme="hazard-flood")
    publish_raster(
        layer=layer,
        path=path,
        provenance=Provenance(source_digest=f"{slug}-{known.sum()}"),
        described={
            "quantity": quantity,
            "units": units,
            "nodata": NODATA,
            "vertical_datum": "above ground",
            "resolution_m": cell_m,
            "footprint": GEOSGeometry(outline.wkt, srid=PROJECT_SRID),
            "minimum": float(known.min()),
            "maximum": float(known.max()),
        },
    )
    layer.refresh_from_db()
    return layer
