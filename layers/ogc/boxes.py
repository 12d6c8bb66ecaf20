"""Boxes of a request on the ground: the question is transformed, never what is stored."""

import math

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import (
    PROJECT_SRID,
    WEB_MERCATOR_SRID,
    WGS84_SRID,
    Extent,
    coordinate_function,
    crs_of,
    to_project,
)
from layers.ogc.crs_list import MERCATOR_EDGE_M, OfferedCrs
from layers.ogc.errors import BadParameterError
from layers.tiles import AREA_MARGIN_DEG

# A straight edge in degrees is a curve on the ground: cut so, it is true to millimetres per km.
PIECES = 64
WORLD: Extent = (-180.0, -90.0, 180.0, 90.0)


def numbers_of(name: str, text: str) -> list[float]:
    """Return comma-separated finite numbers, or raise BadParameterError."""
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if numbers and all(map(math.isfinite, numbers)):
        return numbers
    raise _bad(name, text)


def box_on_ground(name: str, text: str, crs: OfferedCrs) -> BaseGeometry | None:
    """Return the ground inside a box (PROJECT_SRID), None where it holds everything there can be.

    Six numbers bound the height too; it is not looked at, as nothing stored has one. In degrees
    a box whose west is greater than its east spans the 180th meridian.

    Raises
    ------
    BadParameterError
    """
    numbers = numbers_of(name, text)
    if len(numbers) not in (4, 6):
        raise _bad(name, text)
    half = len(numbers) // 2
    (west, south), (east, north) = numbers[:2], numbers[half : half + 2]
    if crs.is_flipped:
        west, south, east, north = south, west, north, east
    box = (west, south, east, north)
    is_spanning = west > east and crs.srid == WGS84_SRID
    if south > north or (west > east and not is_spanning):
        raise _bad(name, text)
    if crs.srid == PROJECT_SRID:
        return shapely.box(*box)
    return _ground_inside(_in_degrees(name, text, box, crs))


def _in_degrees(name: str, text: str, box: Extent, crs: OfferedCrs) -> list[Extent]:
    """Return the box in longitude and latitude, in two halves where it spans the meridian."""
    if crs.srid == WEB_MERCATOR_SRID:
        west, south, east, north = (_clamped(edge, MERCATOR_EDGE_M) for edge in box)
        to_degrees = coordinate_function(WEB_MERCATOR_SRID, WGS84_SRID)
        (west, east), (south, north) = to_degrees([west, east], [south, north])
        return [(west, south, east, north)]
    west, south, east, north = box
    if not (max(abs(west), abs(east)) <= WORLD[2] and max(abs(south), abs(north)) <= WORLD[3]):
        raise _bad(name, text)
    if west <= east:
        return [box]
    return [(west, south, WORLD[2], north), (WORLD[0], south, east, north)]


def _clamped(edge: float, limit: float) -> float:
    return max(-limit, min(limit, edge))


def _ground_inside(boxes: list[Extent]) -> BaseGeometry | None:
    reach = reach_deg()
    cut = [(max(b[0], reach[0]), max(b[1], reach[1]), min(b[2], reach[2]), min(b[3], reach[3]))
           for b in boxes]  # fmt: skip
    if reach in cut:
        return None
    parts = [_curved(box) for box in cut if box[0] <= box[2] and box[1] <= box[3]]
    return shapely.union_all(parts) if parts else shapely.Polygon()


def _curved(box: Extent) -> BaseGeometry:
    west, south, east, north = box
    shape = _shape_between(west, south, east, north)
    longest = max(east - west, north - south)
    edged = shapely.segmentize(shape, longest / PIECES) if longest else shape
    ground: BaseGeometry = to_project(edged, WGS84_SRID)
    return ground


def _shape_between(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """Return a box, or the line or point a box without area is."""
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    if west == east and south == north:
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def reach_deg() -> Extent:
    """Return the degrees inside which anything can be stored: around the CRS's area of use."""
    area = crs_of(PROJECT_SRID).area_of_use
    if area is None:
        return WORLD
    margin = AREA_MARGIN_DEG
    return (
        max(area.west - margin, WORLD[0]),
        max(area.south - margin, WORLD[1] + 1),
        min(area.east + margin, WORLD[2]),
        min(area.north + margin, WORLD[3] - 1),
    )


def _bad(name: str, text: str) -> BadParameterError:
    return BadParameterError(
        _("%(name)s='%(value)s' is no box.") % {"name": name, "value": text[:80]},
        remedy=_("Write four finite numbers in the order of the coordinate system's axes: "
                 "least first, least second, greatest first, greatest second."),
    )  # fmt: skip
