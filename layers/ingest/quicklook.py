"""A small grey picture of a grid, placed as web maps need it, to see whether it fits."""

import base64
import math
import zlib
from typing import Any

import numpy as np
from pyproj import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader

from layers.crs import WEB_MERCATOR_SRID, WGS84_SRID, Extent, crs_of, transformer

# A map on a page is some 800 pixels wide; a coarser cell than two of them hides a misfit.
MOST_PIXELS = 400
_EDGE_POINTS = 21
# The extremes stay black and white: one wrong cell must not turn the rest into one grey.
_DARK_PERCENT, _BRIGHT_PERCENT = 2, 98


def quicklook(
    opened: DatasetReader, band: int, crs: CRS, nodata: float | None
) -> dict[str, Any] | None:
    """Return ``width``, ``height``, ``extent_wgs84`` and ``cells`` of a picture, None: no place.

    ``cells`` are ``height`` rows from the north of ``width`` bytes of grey (0 dark is low), then as
    many of opacity (0 or 255), packed by zlib in base64. Cells are taken as they are, none is a
    mean: it may be a code. ``crs`` is the one the grid is read in.

    Raises
    ------
    CrsError
        There is no accurate transformation from that system.
    """
    web = crs_of(WEB_MERCATOR_SRID)
    bounds = _bounds(opened, crs, web)
    if bounds is None:
        return None
    west, south, east, north = bounds
    pixel = max(east - west, north - south) / MOST_PIXELS
    width, height = (max(1, round(side / pixel)) for side in (east - west, north - south))
    x = west + (np.arange(width) + 0.5) * (east - west) / width
    y = north - (np.arange(height) + 0.5) * (north - south) / height
    there = transformer(web, crs).transform(*np.meshgrid(x, y))
    grey, opacity = _shaded(*_values(opened, band, there), nodata)
    return {
        "width": width,
        "height": height,
        "extent_wgs84": transformer(web, crs_of(WGS84_SRID)).transform_bounds(*bounds),
        "cells": base64.b64encode(zlib.compress(grey.tobytes() + opacity.tobytes())).decode(),
    }


def _bounds(opened: DatasetReader, crs: CRS, web: CRS) -> Extent | None:
    """Return west, south, east, north of the grid's edge on a web map [m]."""
    along = np.linspace(0, 1, _EDGE_POINTS)
    zero, one = np.zeros(_EDGE_POINTS), np.ones(_EDGE_POINTS)
    columns = np.concatenate([along, along, zero, one]) * opened.width
    rows = np.concatenate([zero, one, along, along]) * opened.height
    x, y = transformer(crs, web).transform(*(opened.transform * (columns, rows)))
    extent = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
    has_place = all(map(math.isfinite, extent)) and extent[0] < extent[2] and extent[1] < extent[3]
    return extent if has_place else None


def _values(opened: DatasetReader, band: int, there: Any) -> tuple[np.ndarray, np.ndarray]:  # noqa: ANN401
    """Return the values at places given in the grid's own system, and which places it covers."""
    share = min(1.0, 2 * MOST_PIXELS / max(opened.width, opened.height))
    shape = tuple(max(1, math.ceil(side * share)) for side in (opened.height, opened.width))
    read = opened.read(band, out_shape=shape, resampling=Resampling.nearest)
    column, row = ~opened.transform * there
    is_covered = (column >= 0) & (column < opened.width) & (row >= 0) & (row < opened.height)
    column = np.clip(np.nan_to_num(column) * shape[1] / opened.width, 0, shape[1] - 1).astype(int)
    row = np.clip(np.nan_to_num(row) * shape[0] / opened.height, 0, shape[0] - 1).astype(int)
    return read[row, column], is_covered


def _shaded(
    values: np.ndarray, is_covered: np.ndarray, nodata: float | None
) -> tuple[np.ndarray, np.ndarray]:
    values = values.real.astype("float64")
    is_known = is_covered & np.isfinite(values)
    if nodata is not None:
        is_known &= values != nodata
    grey = np.zeros(values.shape, "uint8")
    if is_known.any():
        low, high = np.percentile(values[is_known], (_DARK_PERCENT, _BRIGHT_PERCENT))
        if high > low:
            shade = np.clip((values[is_known] - low) / (high - low), 0, 1)
        else:
            shade = np.full(int(is_known.sum()), 0.5)
        grey[is_known] = np.rint(255 * shade)
    return grey, np.where(is_known, 255, 0).astype("uint8")
