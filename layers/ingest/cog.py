"""Writing a grid as a Cloud-Optimised GeoTIFF in PROJECT_SRID, piece by piece."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from django.contrib.gis.geos import GEOSGeometry
from rasterio.errors import RasterioError
from rasterio.shutil import copy as copy_raster
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform
from rasterio.windows import Window

from layers.crs import PROJECT_SRID, crs_of, inside_project_extent, transformer, with_datum_shift
from layers.ingest.grid_checks import MAX_CELLS, Grid, GridError, damaged, open_geotiff

BLOCK_CELLS = 256
STRIP_ROWS = 256
# What stands for "no data" where the source uses NaN, which no database compares.
STORED_NODATA = -9999.0
# Lowest and highest ground on Earth: Challenger Deep -10,935 m (Greenaway et al. 2021,
# doi:10.1016/j.dsr.2021.103644), Sagarmatha 8,849 m (Nepal and China, 2020). Beyond: no elevation.
ELEVATION_RANGE_M = (-10_935.0, 8_849.0)
# GDAL and PROJ must agree about where the corners fall; a datum guessed wrong is off by more.
MAX_DISAGREEMENT_M = 0.5
_WARP_MEMORY_MB = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class WrittenGrid:
    """What was written."""

    nodata: float
    resolution_m: float
    minimum: float
    maximum: float
    outline: shapely.Polygon

    def described(self) -> dict[str, Any]:
        """Return the fields of RasterLayer that follow from the cells."""
        return {
            "nodata": self.nodata,
            "resolution_m": self.resolution_m,
            "minimum": self.minimum,
            "maximum": self.maximum,
            "footprint": GEOSGeometry(self.outline.wkt, srid=PROJECT_SRID),
        }


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

    Cells already in PROJECT_SRID keep their place and value; others are resampled (bilinear).

    Raises
    ------
    GridError
        Damaged, outside the project's area, without one value, or no plausible elevation.
    """
    plain = target.with_name("plain.tif")
    try:
        with _in_project_crs(grid, target.with_name("warped.tif")) as (opened, band, nodata):
            outline = _outline(grid.name, opened)
            seen, stored_nodata = _write_plain(opened, band, nodata, plain)
            resolution_m = max(abs(opened.transform.a), abs(opened.transform.e))
        _check_values(grid.name, quantity, seen)
        _write_overviews(plain, target, resampling=_resampling(grid))
    except RasterioError as error:
        raise damaged(grid.name, error) from error
    return WrittenGrid(
        nodata=stored_nodata,
        resolution_m=resolution_m,
        minimum=seen.lowest,
        maximum=seen.highest,
        outline=outline,
    )


@contextmanager
def _in_project_crs(grid: Grid, warped: Path) -> Iterator[tuple[Any, int, float]]:
    """Give the grid opened in PROJECT_SRID, its band and its no-data value."""
    with open_geotiff(grid.path) as opened:
        if grid.is_in_project_grid:
            yield opened, grid.band, grid.nodata
            return
        _warp(grid, opened, warped)
    with open_geotiff(warped) as opened:
        yield opened, 1, STORED_NODATA


def _warp(grid: Grid, opened: Any, warped: Path) -> None:  # noqa: ANN401 - rasterio's reader
    source_crs = rasterio.CRS.from_wkt(with_datum_shift(grid.crs).to_wkt("WKT2_2019"))
    target_crs = rasterio.CRS.from_epsg(PROJECT_SRID)
    _check_agreement(grid, source_crs, target_crs, opened.bounds)
    placed, width, height = calculate_default_transform(
        source_crs, target_crs, grid.width, grid.height, *opened.bounds
    )
    if width * height > MAX_CELLS:
        raise GridError(
            f"{grid.name} would have {width} x {height} cells in EPSG:{PROJECT_SRID}.",
            remedy="Cut it to the city, or use a larger cell size.",
        )
    profile = _profile(width, height, "float32", STORED_NODATA, placed)
    with rasterio.open(warped, "w", **profile) as target:
        reproject(
            rasterio.band(opened, grid.band),
            rasterio.band(target, 1),
            src_crs=source_crs,
            src_nodata=grid.nodata,
            dst_nodata=STORED_NODATA,
            resampling=_resampling(grid),
            warp_mem_limit=_WARP_MEMORY_MB,
        )


def _resampling(grid: Grid) -> Resampling:
    """Return how cells between cells get their value: whole numbers may be codes of classes."""
    return Resampling.bilinear if grid.dtype.startswith("float") else Resampling.nearest


def _check_agreement(grid: Grid, source_crs: Any, target_crs: Any, bounds: Any) -> None:  # noqa: ANN401
    """Refuse when GDAL would place the grid elsewhere than the transformation checked by us."""
    x = [bounds.left, bounds.right, (bounds.left + bounds.right) / 2]
    y = [bounds.bottom, bounds.top, (bounds.bottom + bounds.top) / 2]
    by_gdal = np.array(transform(source_crs, target_crs, x, y)[:2])
    by_proj = np.array(transformer(grid.crs, crs_of(PROJECT_SRID)).transform(x, y))
    if not np.abs(by_gdal - by_proj).max() <= MAX_DISAGREEMENT_M:
        raise GridError(
            f"{grid.name}: two transformations to EPSG:{PROJECT_SRID} disagree by more than "
            f"{MAX_DISAGREEMENT_M} m. Nothing was stored.",
            remedy="Reproject the grid with known datum parameters before importing.",
        )


def _write_plain(
    opened: Any,  # noqa: ANN401
    band: int,
    nodata: float,
    plain: Path,
) -> tuple[ValueRange, float]:
    """Copy the cells strip by strip; NaN and infinite ones become 'no data'."""
    dtype = opened.dtypes[band - 1]
    stored_nodata = nodata if math.isfinite(nodata) else STORED_NODATA
    profile = _profile(opened.width, opened.height, dtype, stored_nodata, opened.transform)
    seen = ValueRange()
    with rasterio.open(plain, "w", **profile) as target:
        for window in _strips(opened.height, opened.width):
            cells = opened.read(band, window=window)
            is_missing = (cells == nodata) | ~np.isfinite(cells)
            cells[is_missing] = stored_nodata
            seen.widen(cells[~is_missing])
            target.write(cells, 1, window=window)
    return seen, stored_nodata


def _strips(height: int, width: int) -> Iterator[Window]:
    for top in range(0, height, STRIP_ROWS):
        yield Window(0, top, width, min(STRIP_ROWS, height - top))


def _profile(width: int, height: int, dtype: str, nodata: float, placed: Any) -> dict[str, Any]:  # noqa: ANN401
    return {
        "driver": "GTiff",
        "width": width,
        "height": height,
        "count": 1,
        "dtype": dtype,
        "nodata": nodata,
        "crs": f"EPSG:{PROJECT_SRID}",
        "transform": placed,
        "BIGTIFF": "IF_SAFER",
        "tiled": True,
        "blockxsize": BLOCK_CELLS,
        "blockysize": BLOCK_CELLS,
    }


def _check_values(name: str, quantity: str, seen: ValueRange) -> None:
    if seen.lowest > seen.highest:
        raise GridError(
            f"{name}: every cell is 'no data'. Nothing was stored.",
            remedy="Check the no-data value and the extent of the export.",
        )
    lowest, highest = ELEVATION_RANGE_M
    if quantity == "elevation" and (seen.lowest < lowest or seen.highest > highest):
        raise GridError(
            f"{name}: elevations from {seen.lowest:g} to {seen.highest:g}; no ground on Earth lies "
            "there. Nothing was stored.",
            remedy="A value that means 'no data' was probably not declared: set it in the file, "
            "or name the --quantity if these are no elevations in metres.",
        )


def _write_overviews(plain: Path, target: Path, *, resampling: Resampling) -> None:
    """Turn the plain GeoTIFF into a Cloud-Optimised one with smaller copies for small scales."""
    copy_raster(
        plain,
        target,
        driver="COG",
        BLOCKSIZE=BLOCK_CELLS,
        COMPRESS="DEFLATE",
        PREDICTOR="YES",
        OVERVIEW_RESAMPLING=resampling.name.upper(),
        BIGTIFF="IF_SAFER",
    )


def _outline(name: str, opened: Any) -> shapely.Polygon:  # noqa: ANN401
    bounds = np.array([tuple(opened.bounds)], dtype=np.float64)
    west, south, east, north = (float(edge) for edge in opened.bounds)
    if not inside_project_extent(bounds)[0]:
        raise GridError(
            f"{name} lies outside the area of EPSG:{PROJECT_SRID}: west {west:.0f}, south "
            f"{south:.0f}, east {east:.0f}, north {north:.0f} m. Nothing was stored.",
            remedy="Its coordinate system is probably stated wrongly. Check it against a map.",
        )
    return shapely.geometry.box(west, south, east, north)
