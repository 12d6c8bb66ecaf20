"""The outline of a proposed building: read from GeoJSON, bounded, and inside its plot."""

from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers import numbers
from layers.crs import to_project
from planning.errors import ApplicationError

MAX_VERTICES = 10_000
MAX_COORDINATE = 1e9  # beyond it nothing lies on earth in any unit of length
OUTSIDE_LIMIT_M2 = 1.0  # a plot surveyed and a house drawn never share a border exactly
SHAPES = ("Polygon", "MultiPolygon")


def read_footprint(given: object, srid: object, site: BaseGeometry) -> BaseGeometry | None:
    """Return the footprint in PROJECT_SRID, or None when none is drawn.

    Raises
    ------
    ApplicationError
        It is no area, crosses itself, lies in an unstated CRS or reaches out of the parcels.
    """
    if given is None:
        return None
    if not isinstance(srid, int) or isinstance(srid, bool):
        raise ApplicationError(
            _("The footprint does not say in which coordinate system it is drawn."),
            remedy=_('Add the EPSG code of the application, e.g. "srid": 32648.'),
        )
    drawn = _shape(given)
    if not drawn.is_valid:
        reason = shapely.is_valid_reason(drawn)
        raise ApplicationError(
            _("The footprint crosses itself or is not closed (%(reason)s).") % {"reason": reason}
        )
    footprint: BaseGeometry = to_project(drawn, srid)
    if not shapely.is_valid(footprint) or not footprint.area > 0:
        raise ApplicationError(_("The footprint covers no area."))
    outside_m2 = float(footprint.difference(site).area)
    if outside_m2 > OUTSIDE_LIMIT_M2:
        raise ApplicationError(
            _(
                "%(outside_m2)s m2 of the footprint (%(area)s m2) lie outside the parcels of "
                "the application."
            )
            % {
                "outside_m2": numbers.number(outside_m2, 1),
                "area": numbers.number(footprint.area, 1),
            },
            remedy=_("Name every parcel that is built on, or correct the footprint or its 'srid'."),
        )
    return footprint


def _shape(given: object) -> BaseGeometry:
    """Return the drawn area; only flat lists of numbers are ever handed to the geometry engine."""
    if not isinstance(given, dict) or given.get("type") not in SHAPES:
        raise ApplicationError(_("The footprint is not a GeoJSON Polygon or MultiPolygon."))
    coordinates = given.get("coordinates")
    parts = [coordinates] if given["type"] == "Polygon" else coordinates
    if not isinstance(parts, list | tuple) or not parts:
        raise ApplicationError(_("The footprint has no coordinates."))
    polygons = [_polygon(part) for part in parts]
    if sum(int(shapely.get_num_coordinates(polygon)) for polygon in polygons) > MAX_VERTICES:
        raise ApplicationError(
            _("The footprint has more than %(max_vertices)s corner points.")
            % {"max_vertices": numbers.number(MAX_VERTICES)}
        )
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _polygon(rings: Any) -> shapely.Polygon:  # noqa: ANN401 - what a file holds
    if not isinstance(rings, list | tuple) or not rings:
        raise ApplicationError(_("The footprint has a part without an outline."))
    outer, *holes = [_ring(ring) for ring in rings]
    return shapely.Polygon(outer, holes)


def _ring(ring: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - what a file holds
    if not isinstance(ring, list | tuple) or not 4 <= len(ring) <= MAX_VERTICES:  # noqa: PLR2004
        raise ApplicationError(
            _("An outline of the footprint needs 4 to %(max_vertices)s corner points.")
            % {"max_vertices": numbers.number(MAX_VERTICES)}
        )
    return [_position(position) for position in ring]


def _position(position: Any) -> tuple[float, float]:  # noqa: ANN401 - what a file holds
    is_pair = isinstance(position, list | tuple) and len(position) >= 2  # noqa: PLR2004 - x, y
    if not is_pair or not all(
        isinstance(c, int | float) and not isinstance(c, bool) and abs(c) <= MAX_COORDINATE
        for c in position
    ):
        raise ApplicationError(_("The footprint has a corner that is not a pair of numbers."))
    return float(position[0]), float(position[1])
