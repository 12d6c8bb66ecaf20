"""Grids as files: Cloud-Optimised GeoTIFFs that any GIS opens, and a picture for the page."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.shutil import copy as copy_raster
from rasterio.warp import reproject
from rio_tiler.utils import render

from scenarios.terrain import Grid

NODATA = -9999.0
TILE_CELLS = 512

# Depth [m] from which a colour holds: light to dark blue, legible without colour vision.
DEPTH_COLOURS = (
    (0.01, (222, 235, 247)),
    (0.10, (158, 202, 225)),
    (0.30, (66, 146, 198)),
    (0.60, (33, 113, 181)),
    (1.20, (8, 48, 107)),
)
PICTURE_CELLS = 640


Worst = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]


def write_cog(path: Path, values: NDArray[Any], grid: Grid, *, worst: Worst = np.fmax) -> None:
    """Write a grid as a Cloud-Optimised GeoTIFF; NaN becomes the no-data value.

    Seen from afar a cell shows the worst of the four below it, never their mean: a channel one
    cell wide is as deep on a small map as on a large one. ``worst`` is fmax, for arrival fmin.
    """
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        plain = level = Path(folder) / "plain.tif"
        _write_level(level, values, grid, 1)
        shrink = 1
        while max(values.shape) > TILE_CELLS:
            values, shrink = _coarser(values, worst), shrink * 2
            level = level.with_name(f"{level.name}.ovr")  # GDAL's name for the next smaller copy
            _write_level(level, values, grid, shrink)
        copy_raster(
            plain,
            path,
            driver="COG",
            COMPRESS="DEFLATE",
            PREDICTOR="YES",
            BLOCKSIZE=TILE_CELLS,
            BIGTIFF="IF_SAFER",
        )


def _coarser(values: NDArray[Any], worst: Worst) -> NDArray[Any]:
    """Return a grid with half as many rows and columns: the worst known of each two by two."""
    rows, cols = values.shape
    even = np.pad(values, ((0, rows % 2), (0, cols % 2)), mode="edge")
    in_rows = worst(even[::2], even[1::2])
    return worst(in_rows[:, ::2], in_rows[:, 1::2])


def _write_level(path: Path, values: NDArray[Any], grid: Grid, shrink: int) -> None:
    rows, cols = values.shape
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=cols,
        height=rows,
        count=1,
        dtype="float32",
        crs=grid.crs,
        transform=grid.transform @ Affine.scale(shrink),
        nodata=NODATA,
        tiled=True,
        blockxsize=TILE_CELLS,
        blockysize=TILE_CELLS,
        BIGTIFF="IF_SAFER",
    ) as file:
        file.write(np.where(np.isnan(values), NODATA, values).astype(np.float32), 1)


def depth_picture(path: Path) -> bytes:
    """Return a PNG of a depth grid, at most ``PICTURE_CELLS`` wide or high; dry is transparent.

    A pixel shows the deepest of its cells: no channel is lost between two pixels.
    """
    depth = _deepest_cells(path)
    colours = np.zeros((3, *depth.shape), np.uint8)
    for limit, colour in DEPTH_COLOURS:
        colours[:, depth >= limit] = np.array(colour, np.uint8)[:, np.newaxis]
    wet = np.where(depth >= DEPTH_COLOURS[0][0], 255, 0).astype(np.uint8)
    return bytes(render(colours, mask=wet, img_format="PNG"))


def _deepest_cells(path: Path) -> NDArray[np.float32]:
    with rasterio.open(path, driver="GTiff") as file:
        shrink = max(file.width, file.height, PICTURE_CELLS) / PICTURE_CELLS
        shape = (max(1, round(file.height / shrink)), max(1, round(file.width / shrink)))
        if shape == (file.height, file.width):
            return np.asarray(file.read(1, masked=True).filled(0.0))
        wider = Affine.scale(file.width / shape[1], file.height / shape[0])
        depth = np.full(shape, NODATA, np.float32)
        reproject(
            rasterio.band(file, 1),
            depth,
            src_nodata=NODATA,
            dst_nodata=NODATA,
            dst_transform=file.transform @ wider,
            dst_crs=file.crs,
            resampling=Resampling.max,
        )
    return np.where(depth == NODATA, np.float32(0.0), depth)
