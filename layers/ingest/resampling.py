"""A grid in another CRS, turned into PROJECT_SRID cell by cell.

Done here and not by GDAL's warper, so that the one checked transformation of ``layers.crs`` decides
where a cell lies: GDAL would choose a datum shift of its own.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from affine import Affine
from rasterio.windows import Window

from layers.crs import PROJECT_SRID, crs_of, transformer
from layers.ingest.far_cells import FarCells, worst_of
from layers.ingest.grid_checks import MAX_CELLS, Grid, GridError
from layers.retold import gettext as _

# What stands for "no data" where the source uses NaN, which no database compares.
STORED_NODATA = -9999.0
# Edges are curved in another projection: this many points along each find its extremes.
_EDGE_POINTS = 51


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """A grid in PROJECT_SRID that is read piece by piece."""

    width: int
    height: int
    placed: Any  # affine.Affine
    dtype: str
    nodata: float
    read: Callable[[Window], np.ndarray]


def resampled(grid: Grid, opened: Any, far: FarCells) -> Cells:  # noqa: ANN401 - rasterio's reader
    """Return the grid on north-up square cells in PROJECT_SRID, of about the same size.

    Of the four cells around, the worst of a flood counts. Other real values are interpolated
    between them; where one is missing, and for whole numbers, which may be codes, the nearest
    cell counts.
    """
    placed, width, height = _placed(grid)
    to_source = transformer(grid.crs, crs_of(PROJECT_SRID))

    def read(window: Window) -> np.ndarray:
        columns, rows = np.meshgrid(
            np.arange(window.width) + window.col_off + 0.5,
            np.arange(window.height) + window.row_off + 0.5,
        )
        east, north = placed * (columns, rows)
        x, y = to_source.transform(east, north, direction="INVERSE")
        column, row = ~grid.transform * (x, y)
        return _sampled(grid, opened, (row - 0.5, column - 0.5), far)

    return Cells(
        width=width,
        height=height,
        placed=placed,
        dtype=grid.dtype,
        nodata=grid.nodata,
        read=read,
    )


def _placed(grid: Grid) -> tuple[Any, int, int]:
    """Return transform, width and height of the target: the diagonal keeps its cell count."""
    along = np.linspace(0, 1, _EDGE_POINTS)
    zero, one = np.zeros(_EDGE_POINTS), np.ones(_EDGE_POINTS)
    columns = np.concatenate([along, along, zero, one]) * grid.width
    rows = np.concatenate([zero, one, along, along]) * grid.height
    project = transformer(grid.crs, crs_of(PROJECT_SRID))
    x, y = project.transform(*_pair(grid.transform * (columns, rows)))
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise GridError(
            _("%(name)s lies where EPSG:%(project_srid)s cannot be computed.")
            % {"name": grid.name, "project_srid": PROJECT_SRID},
            remedy=_("Its coordinate system is probably stated wrongly. Check it against a map."),
        )
    ends = np.array([0, grid.width]), np.array([0, grid.height])
    corners = project.transform(*_pair(grid.transform * ends))
    diagonal = math.hypot(np.ptp(corners[0]), np.ptp(corners[1]))
    cell_m = diagonal / math.hypot(grid.width, grid.height)
    width, height = (max(1, math.ceil(np.ptp(side) / cell_m)) for side in (x, y))
    if width * height > MAX_CELLS:
        raise GridError(
            _("%(name)s would have %(width)s x %(height)s cells in EPSG:%(project_srid)s.")
            % {"name": grid.name, "width": width, "height": height, "project_srid": PROJECT_SRID},
            remedy=_("Cut it to the city, or use a larger cell size."),
        )
    return Affine(cell_m, 0, float(x.min()), 0, -cell_m, float(y.max())), width, height


def _pair(coordinates: Any) -> tuple[Any, Any]:  # noqa: ANN401 - affine has no types
    return cast("tuple[Any, Any]", coordinates)


def _sampled(
    grid: Grid,
    opened: Any,  # noqa: ANN401 - rasterio's reader
    place: tuple[np.ndarray, np.ndarray],
    far: FarCells,
) -> np.ndarray:
    """Return the values at fractional places of the source (0, 0 is the first cell's centre)."""
    row, column = place
    inside = _within(row, grid.height) & _within(column, grid.width)
    values = np.full(row.shape, grid.nodata, dtype=grid.dtype)
    if not inside.any():
        return values
    row = np.clip(row[inside], 0, grid.height - 1)
    column = np.clip(column[inside], 0, grid.width - 1)
    top, left = int(row.min()), int(column.min())
    window = Window(left, top, int(column.max()) + 2 - left, int(row.max()) + 2 - top)
    window = window.intersection(Window(0, 0, grid.width, grid.height))
    source = opened.read(grid.band, window=window)
    values[inside] = _interpolated(grid, source, (row - top, column - left), far)
    return values


def _within(place: np.ndarray, count: int) -> np.ndarray:
    """Tell which places lie in one of ``count`` cells, half a cell to each side of the centres."""
    inside: np.ndarray = np.abs(place - (count - 1) / 2) < count / 2
    return inside


def _interpolated(
    grid: Grid, source: np.ndarray, place: tuple[np.ndarray, np.ndarray], far: FarCells
) -> np.ndarray:
    row, column = place
    nearest: np.ndarray = source[np.rint(row).astype(int), np.rint(column).astype(int)]
    if far is FarCells.NEAREST:
        return nearest
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    below = np.minimum(top + 1, source.shape[0] - 1)
    right = np.minimum(left + 1, source.shape[1] - 1)
    down, across = row - top, column - left
    four = [source[top, left], source[top, right], source[below, left], source[below, right]]
    if far.worst is not None:
        known = [np.where(np.isfinite(part), part, grid.nodata) for part in four]
        return worst_of(known, grid.nodata, far.worst)
    mean = (1 - down) * ((1 - across) * four[0] + across * four[1]) + down * (
        (1 - across) * four[2] + across * four[3]
    )
    is_known = [np.isfinite(part) & (part != grid.nodata) for part in four]
    return np.where(np.logical_and.reduce(is_known), mean, nearest)
