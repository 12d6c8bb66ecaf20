"""Writing a grid as a Cloud-Optimised GeoTIFF in PROJECT_SRID, piece by piece."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from rasterio.errors import RasterioError
from rasterio.shutil import copy as copy_raster
from rasterio.windows import Window

from layers.crs import PROJECT_SRID, inside_project_extent
from layers.ingest.far_cells import FarCells, far_cells, write_worst_copies
from layers.ingest.grid_checks import Grid, GridError, damaged, open_geotiff
from layers.ingest.resampling import STORED_NODATA, Cells, resampled
from layers.retold import gettext as _

BLOCK_CELLS = 256
PIECE_CELLS = 1024
# Lowest and highest ground on Earth: Challenger Deep -10,935 m (Greenaway et al. 2021,
# doi:10.1016/j.dsr.2021.103644), Sagarmatha 8,849 m (Nepal and China, 2020). Beyond: no elevation.
ELEVATION_RANGE_M = (-10_935.0, 8_849.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenGrid:
    """What was written."""

    nodata: float
    resolution_m: float
    minimum: float
    maximum: float
    outline: shapely.Polygon


@dataclass(slots=True)
class ValueRange:
    """Lowest and highest value seen."""

    lowest: float = math.inf
    highest: float = -math.inf

    def widen(self, values: np.ndarray) -> None:
        """Take more values in."""
        if values.size:
            self.lowest = min(self.lowest, float(values.min()))
            self.highest = max(self.highest, float(values.max()))


def write_cog(grid: Grid, target: Path, *, quantity: str) -> WrittenGrid:
    """Write the grid to ``target`` and return what it holds.

    Cells already in PROJECT_SRID keep their place and value; others are resampled.

    Raises
    ------
    GridError
        Damaged, outside the project's area, without one value, or no plausible elevation.
    """
    plain = target.with_name("plain.tif")
    far = far_cells(quantity, is_continuous=grid.is_continuous)
    try:
        with open_geotiff(grid.path) as opened:
            cells = _cells(grid, opened, far)
            outline = _outline(grid.name, cells)
            seen, nodata = _write_plain(cells, plain)
        _check_values(grid.name, quantity, seen)
        _write_overviews(plain, target, far)
    except RasterioError as error:
        raise damaged(grid.name, error) from error
    return WrittenGrid(
        nodata=nodata,
        resolution_m=max(abs(cells.placed.a), abs(cells.placed.e)),
        minimum=seen.lowest,
        maximum=seen.highest,
        outline=outline,
    )


def _cells(grid: Grid, opened: Any, far: FarCells) -> Cells:  # noqa: ANN401 - rasterio's reader
    """Return where the cells come from: the file as it is, or resampled into PROJECT_SRID."""
    if grid.is_in_project_grid:
        return Cells(
            width=grid.width,
            height=grid.height,
            placed=grid.transform,
            dtype=grid.dtype,
            nodata=grid.nodata,
            read=lambda window: opened.read(grid.band, window=window),
        )
    return resampled(grid, opened, far)


def _write_plain(cells: Cells, plain: Path) -> tuple[ValueRange, float]:
    """Copy the cells piece by piece; NaN and infinite ones become 'no data'."""
    stored_nodata = cells.nodata if math.isfinite(cells.nodata) else STORED_NODATA
    seen = ValueRange()
    with rasterio.open(plain, "w", **_profile(cells, stored_nodata)) as target:
        for window in _windows(cells.height, cells.width):
            values = cells.read(window)
            is_missing = (values == cells.nodata) | ~np.isfinite(values)
            values[is_missing] = stored_nodata
            seen.widen(values[~is_missing])
            target.write(values, 1, window=window)
    return seen, stored_nodata


def _windows(height: int, width: int) -> Iterator[Window]:
    for top in range(0, height, PIECE_CELLS):
        for left in range(0, width, PIECE_CELLS):
            yield Window(left, top, min(PIECE_CELLS, width - left), min(PIECE_CELLS, height - top))


def _profile(cells: Cells, nodata: float) -> dict[str, Any]:
    return {
        "driver": "GTiff",
        "width": cells.width,
        "height": cells.height,
        "count": 1,
        "dtype": cells.dtype,
        "nodata": nodata,
        "crs": f"EPSG:{PROJECT_SRID}",
        "transform": cells.placed,
        "BIGTIFF": "IF_SAFER",
        "tiled": True,
        "blockxsize": BLOCK_CELLS,
        "blockysize": BLOCK_CELLS,
    }


def _check_values(name: str, quantity: str, seen: ValueRange) -> None:
    if seen.lowest > seen.highest:
        raise GridError(
            _("%(name)s: every cell is 'no data'. Nothing was stored.") % {"name": name},
            remedy=_("Check the no-data value and the extent of the export."),
        )
    lowest, highest = ELEVATION_RANGE_M
    if quantity == "elevation" and (seen.lowest < lowest or seen.highest > highest):
        raise GridError(
            _(
                "%(name)s: elevations from %(lowest)s to %(highest)s; no ground on "
                "Earth lies there. Nothing was stored."
            )
            % {"name": name, "lowest": f"{seen.lowest:g}", "highest": f"{seen.highest:g}"},
            remedy=_(
                "A value that means 'no data' was probably not declared: set it in "
                "the file, or name the --quantity if these are no elevations in "
                "metres."
            ),
        )


def _write_overviews(plain: Path, target: Path, far: FarCells) -> None:
    """Turn the plain GeoTIFF into a Cloud-Optimised one with smaller copies for small scales."""
    if far.worst is not None:
        write_worst_copies(plain, far.worst, smallest=BLOCK_CELLS)
    copy_raster(
        plain,
        target,
        driver="COG",
        BLOCKSIZE=BLOCK_CELLS,
        COMPRESS="DEFLATE",
        PREDICTOR="YES",
        OVERVIEW_RESAMPLING="BILINEAR" if far is FarCells.MEAN else "NEAREST",
        BIGTIFF="IF_SAFER",
    )


def _outline(name: str, cells: Cells) -> shapely.Polygon:
    west, north = cells.placed * (0, 0)
    east, south = cells.placed * (cells.width, cells.height)
    if not inside_project_extent(np.array([[west, south, east, north]]))[0]:
        raise GridError(
            _(
                "%(name)s lies outside the area of EPSG:%(project_srid)s: west "
                "%(west)s, south %(south)s, east %(east)s, north %(north)s m. "
                "Nothing was stored."
            )
            % {
                "name": name,
                "project_srid": PROJECT_SRID,
                "west": f"{west:.0f}",
                "south": f"{south:.0f}",
                "east": f"{east:.0f}",
                "north": f"{north:.0f}",
            },
            remedy=_("Its coordinate system is probably stated wrongly. Check it against a map."),
        )
    return shapely.geometry.box(west, south, east, north)
