"""Shapes that a filter names: read without trust, valid, and where this city can be."""

from collections.abc import Mapping
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, inside_project_extent
from layers.editing.shapes import ShapeError, shape_from_geojson
from layers.ogc.boxes import PIECES
from layers.ogc.crs_list import OfferedCrs, in_axis_order
from layers.ogc.errors import BadParameterError


def shape_on_ground(tree: Any, crs: OfferedCrs) -> BaseGeometry:  # noqa: ANN401
    """Return a GeoJSON geometry of a filter in PROJECT_SRID.

    Straight edges of its own CRS are followed; corners stay where they are.

    Raises
    ------
    BadParameterError
        It is damaged, invalid, or lies where nothing can be stored.
    """
    if not isinstance(tree, Mapping):
        raise _bad(_("Send a point, a line or an area."))
    try:
        drawn = shape_from_geojson(in_axis_order(tree, crs), PROJECT_SRID)
        shape = _edged(drawn) if crs.srid != PROJECT_SRID else drawn
        ground = shape_from_geojson(shapely.geometry.mapping(shape), crs.srid)
    except (ShapeError, AttributeError) as error:
        raise _bad(str(error)) from error
    if ground.is_empty or not ground.is_valid:
        raise _bad(shapely.is_valid_reason(ground))
    if not inside_project_extent(shapely.bounds(shapely.get_parts(ground))).all():
        raise _bad(_("It lies outside the area of this city's coordinate system."))
    return ground


def _edged(shape: BaseGeometry) -> BaseGeometry:
    """Return the shape with points along its long edges; a square of a zone stays exact."""
    west, south, east, north = shape.bounds
    longest = max(east - west, north - south)
    return shapely.segmentize(shape, longest / PIECES) if longest else shape


def _bad(reason: str) -> BadParameterError:
    return BadParameterError(
        _("The shape in the filter cannot be used: %(reason)s") % {"reason": reason},
        remedy=_("Give it in the coordinate system that filter-crs names."),
    )
