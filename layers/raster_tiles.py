"""Raster tiles: a published grid drawn in its classes, cut into web-map squares."""

import warnings

import numpy as np
import numpy.typing as npt
import rasterio
from django.core.files.storage import default_storage
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.windows import Window

from layers.crs import PROJECT_SRID, WEB_MERCATOR_SRID, coordinate_function
from layers.legend import RELIEF_COLOURS, Step, raster_steps
from layers.models import LayerVersion, RasterLayer
from layers.tile_files import kept_or_drawn
from layers.tiles import WEB_EQUATOR_M, Tile, tile_tag

TILE_PIXELS = 256
# Light from the north-west at 45 degrees, as relief maps are shaded by convention.
LIGHT_AZIMUTH_DEG = 315.0
LIGHT_ALTITUDE_DEG = 45.0
RELIEF_EXAGGERATION = 2.0
RELIEF_OPACITY = 0.8

Picture = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.float64]


def raster_tile(version: LayerVersion, tile: Tile) -> bytes:
    """Return a tile of a grid as PNG, transparent where the grid holds nothing."""
    name = f"png-{tile_tag(version, tile)}"
    return kept_or_drawn(name, lambda: _png(_drawn(version.raster, tile)))


def _drawn(raster: RasterLayer, tile: Tile) -> Picture:
    values = _values(raster, tile)
    if not np.isfinite(values).any():
        return np.zeros((TILE_PIXELS, TILE_PIXELS, 4), dtype=np.uint8)
    steps = raster_steps(raster.quantity, raster.units)
    if steps:
        return in_steps(values[1:-1, 1:-1], steps)
    return shaded_relief(values, raster.minimum, raster.maximum, tile.pixel_m * 2)


def _values(raster: RasterLayer, tile: Tile) -> Grid:
    """Read the grid's cells under the middle of each pixel, one pixel beyond the tile.

    Nearest cell, not smoothed: a colour always belongs to a value that the grid holds. From afar
    the file's own overviews are read. NaN where there is no data or no grid.
    """
    easting, northing = _pixel_middles(tile)
    values = np.full(easting.shape, np.nan)
    with rasterio.open(default_storage.path(str(raster.file.name)), driver="GTiff") as grid:
        to_cell = ~grid.transform
        columns = to_cell.a * easting + to_cell.b * northing + to_cell.c
        rows = to_cell.d * easting + to_cell.e * northing + to_cell.f
        inside = (columns >= 0) & (columns < grid.width) & (rows >= 0) & (rows < grid.height)
        if not inside.any():
            return values
        west, east = int(columns[inside].min()), int(columns[inside].max()) + 1
        north, south = int(rows[inside].min()), int(rows[inside].max()) + 1
        window = Window(west, north, east - west, south - north)
        step = max(1, (east - west) // (2 * TILE_PIXELS), (south - north) // (2 * TILE_PIXELS))
        shape = (-(-(south - north) // step), -(-(east - west) // step))
        cells = grid.read(1, window=window, out_shape=shape).astype(np.float64)
        cells[~np.isfinite(cells) | (cells == raster.nodata)] = np.nan
    row = ((rows[inside] - north) * shape[0] / (south - north)).astype(np.intp)
    column = ((columns[inside] - west) * shape[1] / (east - west)).astype(np.intp)
    values[inside] = cells[row, column]
    return values


def _pixel_middles(tile: Tile) -> tuple[Grid, Grid]:
    """Return easting and northing [m] in the project's CRS of each pixel's middle."""
    side_m = WEB_EQUATOR_M / 2**tile.z
    offsets = (np.arange(-1, TILE_PIXELS + 1) + 0.5) / TILE_PIXELS
    x = (tile.x + offsets) * side_m - WEB_EQUATOR_M / 2
    y = WEB_EQUATOR_M / 2 - (tile.y + offsets) * side_m
    to_ground = coordinate_function(WEB_MERCATOR_SRID, PROJECT_SRID)
    easting, northing = to_ground(*np.meshgrid(x, y))
    return easting, northing


def in_steps(values: Grid, steps: tuple[Step, ...]) -> Picture:
    """Return the picture of a grid in its classes; values in no class stay transparent."""
    picture = np.zeros((*values.shape, 4), dtype=np.uint8)
    for step in steps:
        inside = (values >= step.lower) & (values < step.upper)
        picture[inside] = (*_rgb(step.colour), round(255 * step.opacity))
    return picture


def shaded_relief(values: Grid, minimum: float, maximum: float, pixel_m: float) -> Picture:
    """Return the picture of a surface tinted by height and shaded by slope, its rim cut off."""
    inner = values[1:-1, 1:-1]
    share = np.clip((inner - minimum) / max(maximum - minimum, 1e-9), 0.0, 1.0)
    stops = np.array([_rgb(colour) for colour in RELIEF_COLOURS], dtype=np.float64)
    places = np.linspace(0.0, 1.0, len(stops))
    shade = 0.55 + 0.45 * _lit(values, pixel_m)
    picture = np.zeros((*inner.shape, 4), dtype=np.uint8)
    known = np.isfinite(inner)
    for band in range(3):
        tint = np.interp(np.where(known, share, 0.0), places, stops[:, band])
        picture[..., band] = np.clip(tint * np.where(known, shade, 1.0), 0, 255).astype(np.uint8)
    picture[..., 3] = np.where(known, round(255 * RELIEF_OPACITY), 0)
    return picture


def _lit(values: Grid, pixel_m: float) -> Grid:
    """Return how brightly each inner pixel is lit, 1 for flat ground (Horn's hillshade)."""
    filled = np.where(np.isfinite(values), values, np.nanmean(values))
    eastward = (filled[1:-1, 2:] - filled[1:-1, :-2]) * RELIEF_EXAGGERATION / (2 * pixel_m)
    northward = (filled[:-2, 1:-1] - filled[2:, 1:-1]) * RELIEF_EXAGGERATION / (2 * pixel_m)
    azimuth, altitude = np.radians(LIGHT_AZIMUTH_DEG), np.radians(LIGHT_ALTITUDE_DEG)
    toward = eastward * np.sin(azimuth) + northward * np.cos(azimuth)
    length = np.sqrt(1.0 + eastward**2 + northward**2)
    light: Grid = (np.sin(altitude) - np.cos(altitude) * toward) / length / np.sin(altitude)
    return np.clip(light, 0.0, 1.25)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _png(picture: Picture) -> bytes:
    height, width, bands = picture.shape
    profile = {"driver": "PNG", "height": height, "width": width, "count": bands, "dtype": "uint8"}
    with MemoryFile() as file:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # a picture has no place
            with file.open(**profile) as image:
                image.write(np.moveaxis(picture, -1, 0))
        return bytes(file.read())
