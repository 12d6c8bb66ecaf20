"""What a GeoTIFF holds, told before anything is decided; where it may lie, with a picture."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import shapely
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from layers.crs import CANDIDATES, PROJECT_SRID, crs_of
from layers.errors import UserFacingError
from layers.ingest.grid_checks import check_size, checked_grid, damaged, open_geotiff
from layers.ingest.options import ImportOptions
from layers.ingest.quicklook import quicklook
from layers.ingest.sources import Asked

_LONGEST_TEXT = 80


def look_into_grid(asked: Asked) -> dict[str, Any]:
    """Return what a GeoTIFF holds.

    ``problem`` is why it cannot be imported as it is, ``refused`` why not even when what it does
    not state (``missing``: srid, band, nodata) is said by hand. ``pictures`` holds one for each
    system it may lie in, by EPSG code, "" for the one the file states.
    """
    try:
        with open_geotiff(asked.path) as opened:
            told = _stated(opened)
            told["missing"] = _missing(opened, told)
            told |= {"problem": _problem(asked, asked.options), "refused": ""}
            if told["problem"]:
                told["refused"] = _problem(asked, _filled_in(asked.options, told["missing"]))
            return told | _placed(asked, opened)
    except RasterioError as error:
        raise damaged(asked.name, error) from error


def _stated(opened: DatasetReader) -> dict[str, Any]:
    crs = CRS.from_user_input(opened.crs.to_wkt()) if opened.crs else None
    return {
        "width": opened.width,
        "height": opened.height,
        "bands": opened.count,
        "band_names": [str(name or "")[:_LONGEST_TEXT] for name in opened.descriptions],
        "units": str(opened.units[0] or "")[:_LONGEST_TEXT],
        "dtype": opened.dtypes[0],
        "nodata": opened.nodata,
        "crs": {"srid": crs.to_epsg(), "title": crs.name} if crs else None,
        "cell": [abs(opened.transform.a), abs(opened.transform.e)],
        "extent": list(opened.bounds),
        "shapes": [shapely.to_wkb(_outline(opened), hex=True)],
    }


def _outline(opened: DatasetReader) -> shapely.Polygon:
    ends = ((0, 0), (opened.width, 0), (opened.width, opened.height), (0, opened.height))
    return shapely.Polygon([opened.transform * end for end in ends])


def _missing(opened: DatasetReader, told: dict[str, Any]) -> list[str]:
    unstated = {"srid": not told["crs"], "band": opened.count > 1, "nodata": opened.nodata is None}
    return [name for name, is_missing in unstated.items() if is_missing]


def _filled_in(options: ImportOptions, missing: list[str]) -> ImportOptions:
    """Return the options as if what is missing had been said; 0 can be held by every cell."""
    if "srid" in missing and options.srid is None:
        options = replace(options, srid=PROJECT_SRID)
    if "band" in missing and options.band is None:
        options = replace(options, band=1)
    if "nodata" in missing and options.nodata is None:
        options = replace(options, nodata=0.0)
    return options


def _problem(asked: Asked, options: ImportOptions) -> str:
    return _sentence_of(lambda: checked_grid(asked.path, asked.name, options))


def _sentence_of(check: Callable[[], object]) -> str:
    try:
        check()
    except UserFacingError as error:
        return f"{error.what} {error.remedy}"
    return ""


def _placed(asked: Asked, opened: DatasetReader) -> dict[str, Any]:
    """Return the pictures; nothing is read of a grid that declares more than may be read."""
    if opened.transform.is_identity or _sentence_of(lambda: check_size(asked.name, opened)):
        return {"pictures": {}, "crs_problem": ""}
    if opened.crs:
        stated = CRS.from_user_input(opened.crs.to_wkt())
        pictures, problem = _pictures(opened, {"": stated})
        return {"pictures": pictures, "crs_problem": problem}
    srids = dict.fromkeys((PROJECT_SRID, *CANDIDATES))
    pictures, _problems = _pictures(opened, {str(srid): crs_of(srid) for srid in srids})
    return {"pictures": pictures, "crs_problem": ""}


def _pictures(opened: DatasetReader, systems: dict[str, CRS]) -> tuple[dict[str, Any], str]:
    pictures, problem = {}, ""
    for name, crs in systems.items():
        try:
            picture = quicklook(opened, 1, crs, opened.nodata)
        except UserFacingError as error:
            problem = f"{error.what} {error.remedy}"
            continue
        if picture is not None:
            pictures[name] = picture
    return pictures, problem
