"""The corners of reserved land: numbered, with coordinates, lengths and bearings on the grid."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import shapely
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, slots=True)
class BoundaryPoint:
    """A corner and the side that leaves it; all in the project's CRS [m]."""

    number: int
    part: int  # which closed line it belongs to, from 1
    east_m: float
    north_m: float
    next_number: int
    side_m: float
    bearing_deg: float  # clockwise from grid north, 0 to 360

    @property
    def name(self) -> str:
        """The name on map and table: P1."""
        return f"P{self.number}"

    @property
    def side_name(self) -> str:
        """The side that leaves the point: P1-P2."""
        return f"P{self.number}-P{self.next_number}"

    @property
    def bearing(self) -> str:
        """The bearing as degrees, minutes and seconds."""
        return degrees_minutes_seconds(self.bearing_deg)


def boundary_points(land: BaseGeometry) -> list[BoundaryPoint]:
    """Return the corners, clockwise from the northernmost of each part; holes come after it."""
    points: list[BoundaryPoint] = []
    for part, corners in enumerate(_closed_lines(land), start=1):
        first = len(points) + 1
        for index, (east, north) in enumerate(corners):
            following = (index + 1) % len(corners)
            to_east, to_north = corners[following]
            points.append(
                BoundaryPoint(
                    number=first + index,
                    part=part,
                    east_m=east,
                    north_m=north,
                    next_number=first + following,
                    side_m=math.hypot(to_east - east, to_north - north),
                    bearing_deg=math.degrees(math.atan2(to_east - east, to_north - north)) % 360,
                )
            )
    return points


def degrees_minutes_seconds(angle_deg: float) -> str:
    """Return an angle as 058°53'58"; the sign leads where it is negative."""
    seconds = round(abs(angle_deg) * 3600)
    minutes, second = divmod(seconds, 60)
    degree, minute = divmod(minutes, 60)
    sign = "-" if angle_deg < 0 and seconds else ""
    return f"{sign}{degree % 360:03d}°{minute:02d}'{second:02d}\""


def _closed_lines(land: BaseGeometry) -> Iterator[list[tuple[float, float]]]:
    parts = sorted(shapely.get_parts(land), key=lambda p: (-p.bounds[3], p.bounds[0]))
    for polygon in parts:
        for ring in (polygon.exterior, *polygon.interiors):
            yield _from_the_north(ring)


def _from_the_north(ring: BaseGeometry) -> list[tuple[float, float]]:
    """Return the corners clockwise, the northernmost (of several the westernmost) first."""
    plain = shapely.remove_repeated_points(ring, 0)
    corners = [(float(x), float(y)) for x, y in shapely.get_coordinates(plain)[:-1]]
    if shapely.is_ccw(plain):
        corners.reverse()
    first = min(range(len(corners)), key=lambda i: (-corners[i][1], corners[i][0]))
    return corners[first:] + corners[:first]
