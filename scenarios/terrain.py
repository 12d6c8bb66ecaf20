"""The ground of a scenario from a GeoTIFF, refused where it cannot be flooded as it is."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rasterio
from affine import Affine
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from rasterio.crs import CRS
from rasterio.errors import RasterioError, RasterioIOError
from rasterio.features import rasterize, shapes
from rasterio.io import DatasetReader
from rasterio.windows import Window

from layers import numbers
from scenarios.errors import TerrainError

Window4 = tuple[float, float, float, float]

# What the solver and the results hold per cell, measured on the arrays it makes: four discharges,
# depth, carry, scale, bed, roughness, rain share and seven maxima, once more as results.
ARRAYS_PER_CELL = 32
# Neither the Dead Sea's shore (-430 m) nor Everest: beyond it is an undeclared "no data" value.
ELEVATION_M = (-500.0, 8900.0)
SQUARE_TOLERANCE = 1e-4  # relative; a projected grid may carry rounding in its cell size
FEET_WORDS = ("ft", "feet", "foot")


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """Where the cells of a run lie: square, row 0 in the north."""

    rows: int
    cols: int
    west: float
    north: float
    dx_m: float
    crs: CRS

    @property
    def transform(self) -> Affine:
        """From (column, row) to coordinates."""
        return Affine(self.dx_m, 0.0, self.west, 0.0, -self.dx_m, self.north)

    @property
    def srid(self) -> int | None:
        """The EPSG code of the grid's CRS, None when it has none."""
        code = self.crs.to_epsg()
        return None if code is None else int(code)

    @property
    def bounds(self) -> Window4:
        """West, south, east, north [m]."""
        south = self.north - self.rows * self.dx_m
        return self.west, south, self.west + self.cols * self.dx_m, self.north

    @property
    def cell_area_m2(self) -> float:
        """Area of one cell."""
        return self.dx_m * self.dx_m


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GroundModel:
    """Elevation [m above datum] on a grid; ``mask`` is True where there is none."""

    grid: Grid
    bed: NDArray[np.float64]
    mask: NDArray[np.bool_]
    hole_cells: int  # of the mask, those surrounded by known ground


def read_ground(
    path: Path, *, window: Window4 | None, nodata: float | None, has_no_nodata: bool
) -> GroundModel:
    """Read the elevation inside a window from a GeoTIFF.

    Raises
    ------
    TerrainError
        In a sentence: not a GeoTIFF, no or no metric CRS, feet, cells not square, no "no data"
        value, window outside, too large for the memory, no or impossible elevations.
    """
    try:
        with rasterio.open(path, driver="GTiff") as file:
            _check_crs(path.name, file)
            _check_cells(path.name, file)
            missing = _nodata(path.name, file, nodata, has_no_nodata=has_no_nodata)
            part = _window_in(path.name, file, window)
            _check_memory(path.name, part)
            bed = file.read(1, window=part, out_dtype="float64")
            grid = _grid(file, part)
    except (RasterioIOError, RasterioError) as error:
        raise TerrainError(
            _("%(file)s cannot be read as a GeoTIFF.") % {"file": path.name},
            remedy=_("Export the terrain as GeoTIFF (one band, metres) and run again."),
        ) from error
    mask = _missing_cells(bed, missing)
    _check_elevations(path.name, bed, mask)
    bed[mask] = 0.0
    return GroundModel(
        grid=grid, bed=bed, mask=mask, hole_cells=int((mask & ~touching_border(mask)).sum())
    )


def _check_crs(name: str, file: DatasetReader) -> None:
    if file.crs is None:
        raise TerrainError(
            _("%(name)s does not state its coordinate system.") % {"name": name},
            remedy=_("Ask the supplier for the EPSG code and write it into the file."),
        )
    if file.crs.is_geographic:
        raise TerrainError(
            _("%(name)s is in degrees (%(to_string)s); water flows over metres.")
            % {"name": name, "to_string": file.crs.to_string()[:40]},
            remedy=_("Reproject it to a metric system first, e.g. EPSG:32648 in Cambodia."),
        )
    unit, factor = file.crs.linear_units_factor
    if abs(factor - 1.0) > 1e-9:  # noqa: PLR2004 - exactly the metre
        raise TerrainError(
            _("%(name)s measures its coordinates in %(unit)s, not in metres.")
            % {"name": name, "unit": unit},
            remedy=_("Reproject it to a metric system first."),
        )
    if any(word in (file.units[0] or "").lower().split() for word in FEET_WORDS):
        raise TerrainError(
            _("%(name)s states its elevations in feet.") % {"name": name},
            remedy=_("Convert them to metres (multiply by 0.3048) and run again."),
        )


def _check_cells(name: str, file: DatasetReader) -> None:
    turn = file.transform
    if file.count != 1:
        raise TerrainError(
            _("%(name)s has %(count)s bands; a terrain has one.")
            % {"name": name, "count": file.count},
            remedy=_("Write the elevation band to a file of its own."),
        )
    is_turned = turn.b or turn.d or turn.a <= 0 or turn.e >= 0
    if is_turned or abs(turn.a + turn.e) > SQUARE_TOLERANCE * turn.a:
        raise TerrainError(
            _("%(name)s has cells of %(a)s m x %(e)s m or a turned grid.")
            % {"name": name, "a": numbers.general(turn.a), "e": numbers.general(-turn.e)},
            remedy=_("Resample it to square cells with north up."),
        )


def _nodata(
    name: str, file: DatasetReader, stated: float | None, *, has_no_nodata: bool
) -> float | None:
    """Return the value that marks missing cells; None when every cell is stated to be known."""
    if has_no_nodata:
        return None
    if stated is not None:
        return stated
    if file.nodata is None:
        raise TerrainError(
            _("%(name)s does not say which value means 'no data'.") % {"name": name},
            remedy=_(
                "Write 'nodata: -9999' (its value) or 'nodata: none' (every cell is known) "
                "under 'terrain' in the scenario file."
            ),
        )
    return float(file.nodata)


def _window_in(name: str, file: DatasetReader, window: Window4 | None) -> Window:
    """Return the cells whose centres lie in the window."""
    if window is None:
        return Window(0, 0, file.width, file.height)
    west, south, east, north = window
    dx, bounds = file.transform.a, file.bounds
    first_col, end_col = (round((x - bounds.left) / dx) for x in (west, east))
    first_row, end_row = (round((bounds.top - y) / dx) for y in (north, south))
    outside = first_col < 0 or first_row < 0 or end_col > file.width or end_row > file.height
    if outside or first_col == end_col or first_row == end_row:
        raise TerrainError(
            _(
                "The window [%(west)s, %(south)s, %(east)s, %(north)s] is not inside "
                "%(name)s, which covers [%(left)s, %(bottom)s, %(right)s, %(top)s]."
            )
            % {
                "west": numbers.general(west),
                "south": numbers.general(south),
                "east": numbers.general(east),
                "north": numbers.general(north),
                "name": name,
                "left": numbers.general(bounds.left),
                "bottom": numbers.general(bounds.bottom),
                "right": numbers.general(bounds.right),
                "top": numbers.general(bounds.top),
            },
            remedy=_("Give [west, south, east, north] inside it, or a terrain that covers it."),
        )
    return Window(first_col, first_row, end_col - first_col, end_row - first_row)


def _grid(file: DatasetReader, part: Window) -> Grid:
    corner = file.transform @ (part.col_off, part.row_off)
    return Grid(
        rows=int(part.height),
        cols=int(part.width),
        west=float(corner[0]),
        north=float(corner[1]),
        dx_m=float(file.transform.a),
        crs=file.crs,
    )


def _check_memory(name: str, part: Window) -> None:
    """Refuse before reading what cannot be held: a small file may declare a huge grid."""
    needed = int(part.width * part.height) * ARRAYS_PER_CELL * 8
    if needed > available_memory_bytes():
        raise TerrainError(
            _(
                "%(name)s: %(width)s x %(height)s cells need about %(needed)s GB of memory; "
                "%(available_memory_bytes)s GB are free."
            )
            % {
                "name": name,
                "width": numbers.number(part.width, 0),
                "height": numbers.number(part.height, 0),
                "needed": numbers.number(needed / 1e9, 1),
                "available_memory_bytes": numbers.number(available_memory_bytes() / 1e9, 1),
            },
            remedy=_("State a smaller 'window', or resample the terrain to larger cells."),
        )


def available_memory_bytes() -> int:
    """Return the memory that is free for a run."""
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") + _reclaimable_bytes()


def _reclaimable_bytes() -> int:
    """Return what the file cache would give back (Linux; 0 elsewhere)."""
    meminfo = Path("/proc/meminfo")
    if not meminfo.exists():
        return 0
    lines = dict(line.split(":", 1) for line in meminfo.read_text(encoding="ascii").splitlines())
    return int(lines.get("Cached", "0 kB").split()[0]) * 1024


def _missing_cells(bed: NDArray[np.float64], nodata: float | None) -> NDArray[np.bool_]:
    missing = ~np.isfinite(bed)
    if nodata is not None and np.isfinite(nodata):
        # single precision files hold the nearest float32 of the value they name
        missing |= (bed == nodata) | (bed == float(np.float32(nodata)))
    return missing


def _check_elevations(name: str, bed: NDArray[np.float64], mask: NDArray[np.bool_]) -> None:
    if mask.all():
        raise TerrainError(
            _("%(name)s holds no elevation in this window.") % {"name": name},
            remedy=_("Give a window where the terrain is known."),
        )
    low, high = float(bed[~mask].min()), float(bed[~mask].max())
    if low < ELEVATION_M[0] or high > ELEVATION_M[1]:
        raise TerrainError(
            _("%(name)s holds elevations from %(low)s to %(high)s m.")
            % {"name": name, "low": numbers.general(low), "high": numbers.general(high)},
            remedy=_("One of them probably means 'no data': state it under 'terrain' as 'nodata'."),
        )


def grown(cells: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Return the cells that lie within so many cells of a chosen one, counted also diagonally."""
    rows, cols = cells.shape
    wide = np.pad(cells, by)
    along = np.logical_or.reduce([wide[:, shift : shift + cols] for shift in range(2 * by + 1)])
    return np.asarray(
        np.logical_or.reduce([along[shift : shift + rows] for shift in range(2 * by + 1)])
    )


def touching_border(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return those cells that are connected with the border of the grid, also by corners."""
    rows, cols = cells.shape
    at_border = []
    for shape, _value in shapes(cells.astype(np.uint8), mask=cells, connectivity=8):
        ring = np.asarray(shape["coordinates"][0])
        if (ring.min(axis=0) <= 0).any() or (ring.max(axis=0) >= (cols, rows)).any():
            at_border.append((shape, 1))
    if not at_border:
        return np.zeros_like(cells)
    burnt = rasterize(at_border, out_shape=cells.shape, dtype="uint8")
    return np.asarray(burnt.astype(bool) & cells)
