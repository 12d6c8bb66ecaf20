"""Is this GeoTIFF a grid one can compute with? Checked before a single cell is read."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from layers.crs import PROJECT_SRID, crs_of, transformer
from layers.errors import UnknownCrsError, UserFacingError
from layers.ingest.options import ImportOptions
from layers.ingest.vectors import check_crs_agrees
from layers.ingest.vocab import ImportText, Sentence
from layers.numbers import number
from layers.retold import gettext as _

# A city of 20 km x 20 km at 1 m. A small file can declare any size: a 29 MB one declared 640 GB.
MAX_CELLS = 400_000_000
# One block is read as a whole, so it must fit in memory as well.
MAX_BLOCK_BYTES = 256 * 1024**2


class GridError(UserFacingError):
    """A GeoTIFF that cannot be used as a grid."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """A grid that passed the checks, not yet read."""

    path: Path
    name: str
    band: int
    width: int
    height: int
    dtype: str
    nodata: float
    crs: CRS
    transform: Any  # affine.Affine
    notes: tuple[Sentence, ...] = ()

    @property
    def is_continuous(self) -> bool:
        """True for real values, between which one may interpolate; whole numbers may be codes."""
        return self.dtype.startswith("float")

    @property
    def is_in_project_grid(self) -> bool:
        """True when the cells can be kept as they are: PROJECT_SRID, north up."""
        is_north_up = self.transform.b == 0 == self.transform.d and self.transform.e < 0
        return bool(self.crs.to_epsg() == PROJECT_SRID and is_north_up)


def checked_grid(path: Path, name: str, options: ImportOptions) -> Grid:
    """Return what a GeoTIFF declares, or refuse it with a sentence.

    Raises
    ------
    GridError
        Damaged, too large, several bands, no place on Earth, in degrees, no nodata value.
    UnknownCrsError
        No CRS stated and none given.
    """
    try:
        with open_geotiff(path) as opened:
            check_size(name, opened)
            band = _band(name, opened, options.band)
            crs = _crs(name, opened, options.srid)
            nodata, notes = _nodata(name, opened, band, options.nodata)
            return Grid(
                path=path,
                name=name,
                band=band,
                width=opened.width,
                height=opened.height,
                dtype=opened.dtypes[band - 1],
                nodata=nodata,
                crs=crs,
                transform=opened.transform,
                notes=notes,
            )
    except RasterioError as error:
        raise damaged(name, error) from error


def open_geotiff(path: Path) -> DatasetReader:
    """Open a file as GeoTIFF and as nothing else, without looking at files beside it."""
    return rasterio.open(path, driver="GTiff", sharing=False)


def damaged(name: str, error: Exception) -> GridError:
    """Return the sentence for a file GDAL cannot read."""
    reason = " ".join(str(error).split())[:160].rsplit("/", 1)[-1]
    return GridError(
        _(
            "%(name)s cannot be read: it is damaged or incomplete "
            "(%(reason)s). Nothing was imported."
        )
        % {"name": name, "reason": reason},
        remedy=_("Fetch or export the file again and compare its size with the original."),
    )


def check_size(name: str, opened: DatasetReader) -> None:
    """Refuse a grid of more cells, or of larger blocks, than may be read.

    Raises
    ------
    GridError
    """
    cells = opened.width * opened.height
    if cells > MAX_CELLS:
        raise GridError(
            _(
                "%(name)s declares %(width)s x %(height)s cells; %(max_cells)s are "
                "the most Krong takes. Nothing was read."
            )
            % {
                "name": name,
                "width": opened.width,
                "height": opened.height,
                "max_cells": number(MAX_CELLS),
            },
            remedy=_("Cut it to the city, or use a larger cell size."),
        )
    for (rows, columns), dtype in zip(opened.block_shapes, opened.dtypes, strict=True):
        if rows * columns * np.dtype(dtype).itemsize > MAX_BLOCK_BYTES:
            raise GridError(
                _(
                    "%(name)s is stored in blocks of %(columns)s x %(rows)s cells, too "
                    "large to read."
                )
                % {"name": name, "columns": columns, "rows": rows},
                remedy=_("Tile it first: gdal_translate -co TILED=YES IN.tif OUT.tif"),
            )


def _band(name: str, opened: DatasetReader, wanted: int | None) -> int:
    if wanted is not None and not 1 <= wanted <= opened.count:
        raise GridError(
            _("%(name)s has %(count)s band(s), no band %(wanted)s.")
            % {"name": name, "count": opened.count, "wanted": wanted},
            remedy=_("Choose one it has."),
        )
    if wanted is None and opened.count != 1:
        raise GridError(
            _("%(name)s has %(count)s bands; a grid of one quantity has one.")
            % {"name": name, "count": opened.count},
            remedy=_("Choose one with --band N. An aerial photo is no terrain model."),
        )
    band = wanted or 1
    if opened.scales[band - 1] != 1 or opened.offsets[band - 1] != 0:
        raise GridError(
            _("%(name)s: its values are packed with a scale or offset.") % {"name": name},
            remedy=_("Unpack them first: gdal_translate -unscale -ot Float32 IN.tif OUT.tif"),
        )
    if opened.dtypes[band - 1].startswith("complex"):
        raise GridError(
            _("%(name)s holds complex numbers.") % {"name": name}, remedy=_("Give real values.")
        )
    return band


def _crs(name: str, opened: DatasetReader, srid: int | None) -> CRS:
    if opened.crs is None and srid is None:
        raise UnknownCrsError(Path(name), "band 1")
    crs = crs_of(srid) if opened.crs is None else CRS.from_user_input(opened.crs.to_wkt())
    check_crs_agrees(name, crs, srid)
    if opened.transform.is_identity:
        raise GridError(
            _("%(name)s does not say where on Earth it lies (no geotransform).") % {"name": name},
            remedy=_("Georeference it first, or export it as GeoTIFF with its position."),
        )
    if not crs.is_projected:
        raise GridError(
            _(
                "%(name)s is in degrees (%(crs)s): its cells are not square in "
                "metres, so slopes, depths and areas computed on it would be "
                "wrong. Nothing was imported."
            )
            % {"name": name, "crs": crs.name},
            remedy=_(
                "Reproject it first, with a cell size in metres (depths, velocities and hazards "
                "with -r max): gdalwarp -t_srs EPSG:%(project_srid)s -tr 10 10 -r bilinear "
                "IN.tif OUT.tif"
            )
            % {"project_srid": PROJECT_SRID},
        )
    transformer(crs, crs_of(PROJECT_SRID))  # refuses a transformation that is only a guess
    return crs


def _nodata(
    name: str, opened: DatasetReader, band: int, given: float | None
) -> tuple[float, tuple[Sentence, ...]]:
    stated = opened.nodatavals[band - 1]
    if stated is None and given is None:
        raise GridError(
            _(
                "%(name)s does not say which value means 'no data': holes and sea "
                "would count as ground. Nothing was imported."
            )
            % {"name": name},
            remedy=_("Say it with --nodata VALUE (e.g. -9999), even if every cell is filled."),
        )
    for value in (stated, given):
        _check_storable(name, opened.dtypes[band - 1], value)
    given = _as_stored(opened.dtypes[band - 1], given)
    if stated is not None and given is not None and not _same(stated, given):
        raise GridError(
            _("%(name)s states %(stated)s for 'no data', but --nodata says %(given)s.")
            % {"name": name, "stated": f"{stated:g}", "given": f"{given:g}"},
            remedy=_("Leave --nodata out, or correct the file."),
        )
    notes = () if stated is not None else (Sentence(ImportText.GIVEN_NODATA, {"value": given}),)
    return float(stated if stated is not None else given or 0.0), notes


def _check_storable(name: str, dtype: str, value: float | None) -> None:
    """Refuse a no-data value that no cell can hold: then no cell would be 'no data'."""
    if value is None or not np.issubdtype(np.dtype(dtype), np.integer):
        return
    limits = np.iinfo(dtype)
    if not (value.is_integer() and limits.min <= value <= limits.max):
        raise GridError(
            _(
                "%(name)s: no cell can hold %(value)s for 'no data'; its cells are "
                "whole numbers from %(min)s to %(max)s (%(dtype)s). Nothing was "
                "imported."
            )
            % {
                "name": name,
                "value": f"{value:g}",
                "min": limits.min,
                "max": limits.max,
                "dtype": dtype,
            },
            remedy=_("Give a value the cells can hold and that stands for 'no data' in the file."),
        )


def _as_stored(dtype: str, value: float | None) -> float | None:
    """Return a value as a cell holds it: -9999.9 is -9999.900390625 in single precision."""
    return None if value is None else float(np.dtype(dtype).type(value))


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
