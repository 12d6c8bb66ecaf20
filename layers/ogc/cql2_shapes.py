"""Shapes that a filter names: read without trust, valid, and cut to where anything can be."""

from collections.abc import Iterator, Mapping
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, WGS84_SRID, Extent, coordinate_function, project_extent
from layers.editing.shapes import ShapeError, shape_from_geojson
from layers.ogc.boxes import PIECES, WORLD, box_on_ground, reach_deg
from layers.ogc.crs_list import OfferedCrs, in_axis_order
from layers.ogc.errors import BadParameterError

COLLECTION = "GeometryCollection"
MOST_PARTS = 100
# A line of 0.1 degrees leaves its own curve on the ground by half a metre at most in this country.
LONGEST_PIECE_DEG = 0.1
# How far everything that can be stored lies inside the ground that stands for the whole world.
BEYOND_M = 1_000.0


def shape_on_ground(tree: Any, crs: OfferedCrs) -> BaseGeometry:  # noqa: ANN401
    """Return a GeoJSON geometry of a filter in PROJECT_SRID; empty where nothing can be stored.

    Straight edges of its own CRS are followed; corners stay where they are. What lies further off
    than anything stored is cut away, which changes no relation to what is stored.

    Raises
    ------
    BadParameterError
        It is damaged, invalid, or has coordinates that its CRS does not have.
    """
    parts = [_part_on_ground(part, crs) for part in _parts(tree)]
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def box_shape_on_ground(edges: list[Any], crs: OfferedCrs) -> BaseGeometry:
    """Return the BBOX of a filter in PROJECT_SRID.

    Raises
    ------
    BadParameterError
    """
    ground = box_on_ground("filter", ",".join(map(str, edges)), crs)
    if ground is not None:
        return ground
    west, south, east, north = project_extent()
    return shapely.box(west - BEYOND_M, south - BEYOND_M, east + BEYOND_M, north + BEYOND_M)


def _parts(tree: Any) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401
    """Yield the shape, or those of a collection."""
    if not isinstance(tree, Mapping):
        raise _bad(_("Send a point, a line or an area."))
    if tree.get("type") != COLLECTION:
        yield tree
        return
    held = tree.get("geometries")
    if not isinstance(held, list) or not 0 < len(held) <= MOST_PARTS:
        raise _bad(_("A collection holds 1 to %(most)d shapes.") % {"most": MOST_PARTS})
    for part in held:
        if not isinstance(part, Mapping):
            raise _bad(_("Send a point, a line or an area."))
        yield part


def _part_on_ground(tree: Mapping[str, Any], crs: OfferedCrs) -> BaseGeometry:
    try:
        drawn = shape_from_geojson(in_axis_order(tree, crs), PROJECT_SRID)
        if drawn.is_empty or not drawn.is_valid:
            raise _bad(shapely.is_valid_reason(drawn))
        if crs.srid == PROJECT_SRID:
            return drawn
        near = _edged(_within_reach(drawn, crs.srid), crs.srid)
        if near.is_empty:
            return shapely.Point()
        ground = shape_from_geojson(shapely.geometry.mapping(near), crs.srid)
    except (ShapeError, AttributeError) as error:
        raise _bad(str(error)) from error
    if not ground.is_valid:
        raise _bad(shapely.is_valid_reason(ground))
    return ground


def _within_reach(shape: BaseGeometry, srid: int) -> BaseGeometry:
    """Return what of a shape lies in the degrees inside which anything can be stored."""
    if srid == WGS84_SRID and not shapely.box(*WORLD).covers(shape):
        raise _bad(_("Longitudes end at 180 degrees, latitudes at 90."))
    reach = shapely.box(*_reach(srid))
    if reach.covers(shape):
        return shape
    kept = shapely.get_parts(shapely.intersection(shape, reach))
    dimension = shapely.get_dimensions(shape)
    return shapely.union_all([part for part in kept if shapely.get_dimensions(part) == dimension])


def _reach(srid: int) -> Extent:
    west, south, east, north = reach_deg()
    if srid == WGS84_SRID:
        return west, south, east, north
    (west, east), (south, north) = coordinate_function(WGS84_SRID, srid)(
        [west, east], [south, north]
    )
    return west, south, east, north


def _edged(shape: BaseGeometry, srid: int) -> BaseGeometry:
    """Return the shape with points along its long edges."""
    if shape.is_empty:
        return shape
    west, south, east, north = shape.bounds
    piece = max(east - west, north - south) / PIECES
    if srid == WGS84_SRID:
        piece = min(piece, LONGEST_PIECE_DEG)
    return shapely.segmentize(shape, piece) if piece else shape


def _bad(reason: str) -> BadParameterError:
    return BadParameterError(
        _("The shape in the filter cannot be used: %(reason)s") % {"reason": reason},
        remedy=_("Give it in the coordinate system that filter-crs names."),
    )
