"""Coordinates: the only place that transforms. Everything is stored and measured in PROJECT_SRID.

PROJ offers a "ballpark" operation where it knows no datum shift: it looks like an answer and is
hundreds of metres wrong (EPSG:3148 at Sihanoukville: 459 m). Such operations are refused here.
"""

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError
from pyproj.transformer import TransformerGroup

from layers.errors import UserFacingError
from layers.retold import gettext as _

PROJECT_SRID: int = settings.KRONG_SRID
WGS84_SRID = 4326
WEB_MERCATOR_SRID = 3857
INDIAN_1960_UTM48_SRID = 3148
# Systems in use in Cambodia, besides the project's own; UTM 47 for what lies west of 102° E.
CANDIDATES = (WGS84_SRID, 32648, 32647, INDIAN_1960_UTM48_SRID, WEB_MERCATOR_SRID)

Extent = tuple[float, float, float, float]
CoordinateFunction = Callable[[Any, Any], Any]

# Beyond its official area a UTM zone still serves its neighbourhood; degrees stay outside.
EXTENT_MARGIN_SHARE = 0.1
# Areas of use are drawn by hand: half a degree of overhang is no other country.
AREA_SLACK_DEG = 0.5


class CrsError(UserFacingError):
    """A coordinate system that cannot be used as asked."""


@cache
def crs_of(srid: int) -> CRS:
    """Return the coordinate system of an EPSG code, or raise CrsError."""
    try:
        return CRS.from_epsg(srid)
    except CRSError as error:
        raise CrsError(
            _("EPSG:%(srid)s is not a known coordinate system.") % {"srid": srid},
            remedy=_("Give the EPSG code of the file, e.g. 32648 for WGS 84 / UTM zone 48N."),
        ) from error


def is_metric(crs: CRS) -> bool:
    """Tell whether a CRS is projected with both axes in metres."""
    return crs.is_projected and all(axis.unit_name == "metre" for axis in crs.axis_info)


def with_datum_shift(crs: CRS) -> CRS:
    """Return the CRS; Indian 1960 bound to the deployment's datum shift, which EPSG lacks here."""
    shift = settings.KRONG_DATUM_SHIFT_3148
    if crs.to_epsg() != INDIAN_1960_UTM48_SRID or not shift:
        return crs
    x, y, z = (float(part) for part in shift.split(","))
    return CRS.from_proj4(
        "+proj=utm +zone=48 +a=6377276.345 +b=6356075.41314024 "
        f"+towgs84={x},{y},{z},0,0,0,0 +units=m +no_defs"
    )


@cache
def transformer(source: CRS, target: CRS) -> Transformer:
    """Return a transformation that PROJ knows to be accurate; refuse a guessed one.

    Raises
    ------
    CrsError
        When the best operation is "ballpark": its error may exceed every distance we judge by.
    """
    source = with_datum_shift(source)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a better grid not on this machine: accuracy below
        group = TransformerGroup(source, target, always_xy=True)
    usable = [t for t in group.transformers if "ballpark" not in t.description.lower()]
    best = group.transformers[0] if group.transformers else None
    covers = best is not None and best in usable and _covers(best, source, target)
    if best is None or not covers:
        raise CrsError(
            _(
                "No accurate transformation is known from %(source)s to %(target)s "
                "here; the only one on offer may be hundreds of metres wrong. "
                "Nothing was stored."
            )
            % {"source": source.name, "target": target.name},
            remedy=_(
                "Set KRONG_DATUM_SHIFT_3148=dx,dy,dz (metres, from the cadastre's "
                "control points) or ask the supplier for the data in EPSG:32648."
            ),
        )
    return Transformer.from_crs(source, target, always_xy=True, allow_ballpark=False)


def _covers(operation: Transformer, source: CRS, target: CRS) -> bool:
    """Tell whether a datum operation is official wherever both CRSs are in use."""
    area = operation.area_of_use
    used = [crs.area_of_use for crs in (source, target) if crs.area_of_use is not None]
    if area is None or not used:
        return True
    narrow = min(used, key=lambda a: _width_deg(a.west, a.east) * (a.north - a.south))
    east_of_edge = (narrow.west - area.west + AREA_SLACK_DEG) % 360
    reach = east_of_edge + _width_deg(narrow.west, narrow.east)
    return (
        reach <= _width_deg(area.west, area.east) + 2 * AREA_SLACK_DEG
        and area.south - AREA_SLACK_DEG <= narrow.south
        and narrow.north <= area.north + AREA_SLACK_DEG
    )


def _width_deg(west: float, east: float) -> float:
    """Return how far an area reaches from west to east; NAD83's spans the 180th meridian."""
    return (east - west) % 360 or 360.0


@cache
def _between(source_srid: int, target_srid: int) -> Transformer:
    return transformer(crs_of(source_srid), crs_of(target_srid))


def reproject(geometry: Any, source_srid: int, target_srid: int) -> Any:  # noqa: ANN401
    """Return shapely geometries (one or an array) in another CRS; x east, y north."""
    if source_srid == target_srid:
        return geometry
    to_target: Any = coordinate_function(source_srid, target_srid)
    return shapely.transform(geometry, to_target, interleaved=False)


def coordinate_function(source_srid: int, target_srid: int) -> CoordinateFunction:
    """Return ``f(x, y) -> (x, y)`` between two EPSG codes."""
    return _between(source_srid, target_srid).transform


def to_project(geometry: Any, source_srid: int) -> Any:  # noqa: ANN401
    """Return shapely geometries in PROJECT_SRID [m]."""
    return reproject(geometry, source_srid, PROJECT_SRID)


def to_wgs84(geometry: Any) -> Any:  # noqa: ANN401
    """Return shapely geometries stored in PROJECT_SRID as longitude and latitude [degrees]."""
    return reproject(geometry, PROJECT_SRID, WGS84_SRID)


@cache
def project_extent() -> Extent:
    """Return the extent (west, south, east, north) [m] inside which features may lie.

    The CRS's official area of use, projected along its edges, with a margin. A coordinate
    outside is a mistake of units or of coordinate system.
    """
    area = crs_of(PROJECT_SRID).area_of_use
    if area is None:
        raise CrsError(
            _("EPSG:%(project_srid)s does not say where it may be used.")
            % {"project_srid": PROJECT_SRID},
            remedy=_("Choose a national or UTM system for KRONG_SRID."),
        )
    bounds = _between(WGS84_SRID, PROJECT_SRID).transform_bounds(
        area.west, area.south, area.east, area.north, densify_pts=51
    )
    west, south, east, north = (float(bound) for bound in bounds)
    margin_x, margin_y = (east - west) * EXTENT_MARGIN_SHARE, (north - south) * EXTENT_MARGIN_SHARE
    return west - margin_x, south - margin_y, east + margin_x, north + margin_y


def inside_project_extent(bounds: np.ndarray) -> np.ndarray:
    """Tell for each row (west, south, east, north) whether it lies inside the CRS's extent."""
    west, south, east, north = project_extent()
    inside: np.ndarray = (
        (bounds[:, 0] >= west)
        & (bounds[:, 1] >= south)
        & (bounds[:, 2] <= east)
        & (bounds[:, 3] <= north)
    )
    return inside
