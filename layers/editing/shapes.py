"""Shapes from outside: read without trust, checked, and told apart where and why they are wrong."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, inside_project_extent, reproject
from layers.editing.problems import Problem
from layers.editing.vocab import ProblemKind
from layers.vocab import GeometryKind

# The same limit as the database's own CHECK on layers_feature.
MAX_VERTICES = 200_000
# No coordinate of any system is this large; beyond it integers no longer fit a float.
FARTHEST = 1e12
# A corner that comes back this close to where it was has only been through longitude and latitude.
UNMOVED_M = 1e-6
# How deep positions lie in GeoJSON's arrays (RFC 7946, 3.1); collections are not stored.
_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}
_DIMENSIONS = {GeometryKind.POINT: 0, GeometryKind.LINE: 1, GeometryKind.POLYGON: 2}
_PLACE_OF_FAULT = re.compile(r"\[(?P<x>[-+.\deE]+) (?P<y>[-+.\deE]+)")

# GEOS' reasons (org.locationtech.jts TopologyValidationError) in words a planner can act on.
_REASONS = {
    "Self-intersection": gettext_lazy("The outline crosses itself."),
    "Ring Self-intersection": gettext_lazy("The outline touches itself."),
    "Hole lies outside shell": gettext_lazy("A hole lies outside the outline."),
    "Holes are nested": gettext_lazy("One hole lies inside another."),
    "Nested shells": gettext_lazy("One part lies inside another."),
    "Interior is disconnected": gettext_lazy("Holes cut the area into pieces."),
    "Duplicate Rings": gettext_lazy("Two outlines are the same."),
    "Too few points in geometry component": gettext_lazy("A part has too few corners."),
}


class ShapeError(ValueError):
    """A shape that cannot even be built; holds the problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def shape_from_geojson(given: object, srid: int) -> BaseGeometry:
    """Return a GeoJSON geometry in PROJECT_SRID, heights dropped.

    Raises
    ------
    ShapeError
        It is no point, line or area, or its coordinates are damaged.
    """
    kind = given.get("type") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or not isinstance(kind, str) or kind not in _DEPTHS:
        raise ShapeError(_wrong(ProblemKind.WRONG_KIND, _("Send a point, a line or an area.")))
    positions = _plane(given.get("coordinates"), _DEPTHS[kind])
    try:
        shape = shapely.geometry.shape({"type": kind, "coordinates": positions})
    except (ValueError, shapely.errors.GEOSException) as error:
        message = _("The coordinates are damaged: an open ring or too few corners.")
        raise ShapeError(_wrong(ProblemKind.INVALID_GEOMETRY, message)) from error
    if shapely.get_num_coordinates(shape) > MAX_VERTICES:
        raise ShapeError(_too_many(shape))
    projected: BaseGeometry = reproject(shape, srid, PROJECT_SRID)
    return projected


def with_unmoved_corners(shape: BaseGeometry, before: BaseGeometry) -> BaseGeometry:
    """Return the shape with each corner that did not move put back exactly where it stood.

    Longitude and latitude and back shifts a corner by a nanometre; borders shared with a
    neighbour must not drift by being looked at.
    """
    stood, places = shapely.get_coordinates(before), shapely.get_coordinates(shape)
    if not len(stood) or not np.isfinite(places).all():
        return shape
    tree = shapely.STRtree(list(map(shapely.Point, stood)))
    corners = list(map(shapely.Point, places))
    unmoved, where = tree.query_nearest(corners, max_distance=UNMOVED_M, all_matches=False)
    places[unmoved] = stood[where]
    restored: BaseGeometry = shapely.set_coordinates(
        shapely.from_wkb(shapely.to_wkb(shape)), places
    )
    return restored


def shape_problems(shape: BaseGeometry, kind: str) -> Iterator[Problem]:
    """Yield what the database or the layer would refuse about a shape, with the place."""
    if shape.is_empty:
        yield _wrong(ProblemKind.EMPTY_GEOMETRY, _("There is no shape."))
        return
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        yield _wrong(ProblemKind.NOT_FINITE, _("A coordinate is not a number."))
        return
    if shapely.get_num_coordinates(shape) > MAX_VERTICES:
        yield _too_many(shape)
        return
    if not inside_project_extent(np.array([shape.bounds]))[0]:
        message = _("The shape lies outside the area of the coordinate system.")
        yield _wrong(ProblemKind.OUTSIDE_EXTENT, message, shapely.Point(shape.bounds[:2]))
        return
    yield from _invalid(shape)
    if kind in _DIMENSIONS and shapely.get_dimensions(shape) != _DIMENSIONS[GeometryKind(kind)]:
        holds = GeometryKind(kind).label
        message = _("The layer holds %(kind)s, nothing else.") % {"kind": holds}
        yield _wrong(ProblemKind.WRONG_KIND, message)


def _invalid(shape: BaseGeometry) -> Iterator[Problem]:
    if shapely.is_valid(shape):
        return
    reason = str(shapely.is_valid_reason(shape))
    found = _PLACE_OF_FAULT.search(reason)
    point = None if found is None else shapely.Point(float(found["x"]), float(found["y"]))
    message = _REASONS.get(
        reason.split("[", maxsplit=1)[0].strip(), reason.split("[", maxsplit=1)[0].strip()
    )
    yield _wrong(ProblemKind.INVALID_GEOMETRY, str(message), point)


def _plane(given: object, depth: int) -> Any:  # noqa: ANN401
    """Return nested arrays of (x, y), refusing all that is not exactly as deep as it must be."""
    if not isinstance(given, list | tuple):
        message = _("The coordinates are damaged: a list is missing.")
        raise ShapeError(_wrong(ProblemKind.INVALID_GEOMETRY, message))
    if depth:
        if any(isinstance(part, list | tuple) and not part for part in given):
            message = _("The coordinates are damaged: an open ring or too few corners.")
            raise ShapeError(_wrong(ProblemKind.INVALID_GEOMETRY, message))
        return [_plane(part, depth - 1) for part in given]
    if len(given) < 2 or not all(_is_coordinate(value) for value in given[:2]):  # noqa: PLR2004
        raise ShapeError(_wrong(ProblemKind.NOT_FINITE, _("A coordinate is not a number.")))
    return float(given[0]), float(given[1])


def _is_coordinate(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) < FARTHEST and math.isfinite(value)


def _wrong(kind: ProblemKind, message: str, point: BaseGeometry | None = None) -> Problem:
    return Problem(kind=kind, message=message, point=point)


def _too_many(shape: BaseGeometry) -> Problem:
    message = _("The shape has %(count)d corner points; at most %(limit)d are stored.")
    counted = {"count": int(shapely.get_num_coordinates(shape)), "limit": MAX_VERTICES}
    return _wrong(ProblemKind.TOO_MANY_VERTICES, message % counted)
