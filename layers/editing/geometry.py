"""Operations on outlines in PROJECT_SRID [m]: pure functions, no database.

Each keeps the ground it is given: pieces do not overlap, and together they are what was cut.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from layers.errors import UserFacingError

# Two areas that differ by less are the same: coordinates hold 10 digits, sides are kilometres.
AREA_NOISE_M2 = 1e-6
# A piece of a line shorter than this is where the cut met its end; ends this near are one place.
LENGTH_NOISE_M = 1e-6


class OperationError(UserFacingError):
    """An operation that these shapes do not allow."""

    status = 422


def split(shape: BaseGeometry, line: BaseGeometry) -> list[BaseGeometry]:
    """Return the pieces of an area or a line cut along another line, largest first.

    Parts that the line does not cross stay with the largest piece.

    Raises
    ------
    OperationError
        The line does not cross the shape from edge to edge.
    """
    is_line = _is_line(shape)
    pieces: list[BaseGeometry] = []
    whole: list[BaseGeometry] = []
    for part in shapely.get_parts(shape):
        cut = _cut_line(part, line) if is_line else _cut(part, line)
        (pieces if len(cut) > 1 else whole).extend(cut)
    if not pieces:
        raise OperationError(
            _("The line cuts nothing in two."),
            remedy=_("Draw it across, from outside one edge to outside another."),
        )
    largest, *others = sorted(pieces, key=lambda one: (-one.area, -one.length, one.bounds))
    several = shapely.multilinestrings if is_line else shapely.multipolygons
    kept: Any = several([largest, *whole]) if whole else largest
    return [kept, *others]


def merge(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return neighbours as one area, or lines that meet end to end as one line.

    Raises
    ------
    OperationError
        Areas do not share a border; lines do not follow each other.
    """
    if all(map(_is_line, shapes)):
        return _joined(shapes)
    if _is_connected(shapes):
        whole: BaseGeometry = shapely.union_all(shapes)
        return whole
    raise OperationError(
        _("These areas share no border, so they do not become one."),
        remedy=_("Choose neighbours, or aggregate them into one feature of several parts."),
    )


def cut_hole(area: BaseGeometry, hole: BaseGeometry) -> BaseGeometry:
    """Return an area without the ground of a hole that lies inside it.

    Raises
    ------
    OperationError
        The hole reaches the edge, or into another hole.
    """
    if hole.geom_type != "Polygon" or not shapely.contains_properly(area, hole):
        raise OperationError(
            _("The hole does not lie inside the area."),
            remedy=_("Draw it clear of the edge and of other holes, or split the area instead."),
        )
    return area.difference(hole)


def fill_hole(area: BaseGeometry, at: BaseGeometry) -> BaseGeometry:
    """Return an area with the hole at a place filled.

    Raises
    ------
    OperationError
        There is no hole at that place.
    """
    parts, filled = [], 0
    for part in shapely.get_parts(area):
        kept = [ring for ring in part.interiors if not shapely.intersects(Polygon(ring), at)]
        filled += len(part.interiors) - len(kept)
        parts.append(Polygon(part.exterior, kept))
    if filled:
        # an island that stood in the hole is part of the ground now
        return shapely.union_all(parts)
    raise OperationError(
        _("There is no hole at this place."), remedy=_("Point into the hole that is to be filled.")
    )


def snap(
    shape: BaseGeometry, neighbours: Sequence[BaseGeometry], tolerance_m: float
) -> BaseGeometry:
    """Return a shape whose corners within the tolerance of a neighbour lie on the neighbour.

    Corners go to corners first, then to the nearest edge; corners of neighbours near an edge of
    the shape become corners of it.

    Raises
    ------
    OperationError
        The outline would cross itself.
    """
    if not neighbours:
        return shape
    edges = shapely.union_all([_lines(neighbour) for neighbour in neighbours])
    near = edges.intersection(shapely.box(*shape.buffer(2 * tolerance_m).bounds))
    if near.is_empty:
        return shape
    snapped = shapely.snap(shape, _corners(near, edges), tolerance_m)
    snapped = shapely.transform(snapped, lambda places: _onto(places, near, tolerance_m))
    if shapely.is_valid(snapped) and not snapped.is_empty:
        return snapped
    raise OperationError(
        _("Moved onto its neighbours within %(tolerance)s m the outline would cross itself.")
        % {"tolerance": tolerance_m},
        remedy=_("Use a smaller tolerance, or move the corners by hand."),
    )


def explode(shape: BaseGeometry) -> list[BaseGeometry]:
    """Return the parts of a shape, largest first.

    Raises
    ------
    OperationError
        It has one part only.
    """
    parts = list(shapely.get_parts(shape))
    if len(parts) > 1:
        return sorted(parts, key=lambda part: (-part.area, -part.length, part.bounds))
    raise OperationError(
        _("The feature has one part only."), remedy=_("Choose a feature of several parts.")
    )


def aggregate(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return several shapes of one kind as one of several parts.

    Raises
    ------
    OperationError
        They are of different kinds.
    """
    if len({int(shapely.get_dimensions(shape)) for shape in shapes}) > 1:
        raise OperationError(
            _("Points, lines and areas do not become one feature."),
            remedy=_("Choose shapes of one kind."),
        )
    whole: BaseGeometry = shapely.union_all(shapes)
    return whole


def _cut(part: Polygon, line: BaseGeometry) -> list[Polygon]:
    edges = shapely.union_all([part.boundary, line])
    pieces = shapely.get_parts(shapely.polygonize([edges]))
    return [piece for piece in pieces if part.contains(piece.representative_point())]


def _cut_line(part: LineString, line: BaseGeometry) -> list[BaseGeometry]:
    """Return a line cut where another crosses it; where both run together, at the ends of that."""
    met = shapely.get_parts(part.intersection(line))
    places = shapely.get_coordinates(met)
    along = {float(part.project(shapely.Point(place))) for place in places}
    ends = sorted({0.0, float(part.length), *along})
    pieces = [substring(part, start, end) for start, end in pairwise(ends)]
    return [piece for piece in pieces if piece.length > LENGTH_NOISE_M]


def _joined(lines: Sequence[BaseGeometry]) -> BaseGeometry:
    """Return lines that follow each other as one line."""
    parts = [part for one in lines for part in shapely.get_parts(one)]
    whole: BaseGeometry = shapely.line_merge(shapely.multilinestrings(_with_shared_ends(parts)))
    if whole.geom_type == "LineString":
        return whole
    raise OperationError(
        _("These lines do not meet end to end, so they do not become one."),
        remedy=_("Choose lines that follow each other, or aggregate them into one feature."),
    )


def _with_shared_ends(parts: Sequence[BaseGeometry]) -> list[LineString]:
    """Return lines whose ends are the same place where longitude and latitude parted them."""
    known: list[np.ndarray] = []
    found = []
    for part in parts:
        places = shapely.get_coordinates(part)
        for end in (0, -1):
            near = [one for one in known if np.hypot(*(one - places[end])) <= LENGTH_NOISE_M]
            if near:
                places[end] = near[0]
            else:
                known.append(places[end].copy())
        found.append(LineString(places))
    return found


def _is_line(shape: BaseGeometry) -> bool:
    return int(shapely.get_dimensions(shape)) == 1


def _is_connected(areas: Sequence[BaseGeometry]) -> bool:
    """Tell whether one can walk from each area to each other over borders, not over corners."""
    reached, waiting = [areas[0]], list(areas[1:])
    while waiting:
        found = [area for area in waiting if any(_is_neighbour(area, other) for other in reached)]
        if not found:
            return False
        reached += found
        waiting = [area for area in waiting if not any(area is other for other in found)]
    return True


def _is_neighbour(area: BaseGeometry, other: BaseGeometry) -> bool:
    """Tell whether two areas share ground or a stretch of border; a corner alone is no border."""
    return bool(area.intersection(other).length > 0)


def _lines(shape: BaseGeometry) -> BaseGeometry:
    return shape.boundary if shapely.get_dimensions(shape) == 2 else shape  # noqa: PLR2004


def _corners(near: BaseGeometry, edges: BaseGeometry) -> BaseGeometry:
    """Return the neighbours' own corners in reach, not the places where they were clipped."""
    own = shapely.MultiPoint(shapely.get_coordinates(edges))
    reached: BaseGeometry = own.intersection(shapely.box(*near.bounds))
    return reached


def _onto(places: np.ndarray, edges: BaseGeometry, tolerance_m: float) -> np.ndarray:
    """Return places moved onto the nearest edge where one is within the tolerance."""
    points = np.array([shapely.Point(place) for place in places])
    distances = shapely.distance(points, edges)
    moving = (distances > 0) & (distances <= tolerance_m)
    if not moving.any():
        return places
    joints = shapely.shortest_line(points[moving], edges)
    moved = places.copy()
    moved[moving] = shapely.get_coordinates(joints).reshape(-1, 2, 2)[:, 1]
    return moved
