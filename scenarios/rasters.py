"""Grids as files: Cloud-Optimised GeoTIFFs that any GIS opens, and a picture for the page."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
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


def write_cog(path: Path, values: NDArray[Any], grid: Grid) -> None:
    """Write a grid as a Cloud-Optimised GeoTIFF; NaN becomes the no-data value."""
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=grid.cols,
        height=grid.rows,
        count=1,
        dtype="float32",
        crs=grid.crs,
        transform=grid.transform,
        nodata=NODATA,
        compress="DEFLATE",
        predictor="YES",
        blocksize=TILE_CELLS,
    ) as file:
        file.write(np.where(np.isnan(values), NODATA, values).astype(np.float32), 1)


def depth_picture(path: Path) -> bytes:
    """Return a PNG of a depth grid, at most ``PICTURE_CELLS`` wide or high; dry is transparent."""
    with rasterio.open(path, driver="GTiff") as file:
        shrink = max(file.width, file.height, PICTURE_CELLS) / PICTURE_CELLS
        shape = (max(1, round(file.height / shrink)), max(1, round(file.width / shrink)))
        depth = file.read(1, out_shape=shape, masked=True).filled(0.0)
    colours = np.zeros((3, *shape), np.uint8)
    for limit, colour in DEPTH_COLOURS:
        colours[:, depth >= limit] = np.array(colour, np.uint8)[:, np.newaxis]
    wet = np.where(depth >= DEPTH_COLOURS[0][0], 255, 0).astype(np.uint8)
    return bytes(render(colours, mask=wet, img_format="PNG"))
