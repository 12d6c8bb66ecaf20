"""The grid of the projected CRS on the sheet: lines, labels, corners, north and scale factor."""

import math
from dataclasses import dataclass

import shapely
from pyproj import Proj
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, crs_of, to_wgs84
from layers.numbers import number
from planning.sheet.paper import Frame

CROSS_ARM_MM = 1.5
TICK_MM = 2.0


@dataclass(frozen=True, slots=True)
class GridLabel:
    """A coordinate at the edge of the frame."""

    text: str
    x_mm: float
    y_mm: float
    side: str  # north, south, west or east


@dataclass(frozen=True, slots=True)
class GridFacts:
    """How the grid lies to the ground at one point."""

    convergence_deg: float  # grid north against true north; positive: grid north lies east of it
    scale_factor: float  # length on the grid over length on the ellipsoid


def grid_lines(step_m: int, low: float, high: float) -> list[int]:
    """Return the coordinates of the grid lines between two values [m]."""
    first = math.ceil(low / step_m)
    return [step_m * n for n in range(first, math.floor(high / step_m) + 1)]


def grid_marks(frame: Frame) -> BaseGeometry:
    """Return crosses inside the frame and ticks along it, in paper millimetres."""
    west, south, east, north = frame.ground
    columns = [frame.place(x, north)[0] for x in grid_lines(frame.grid_step_m, west, east)]
    rows = [frame.place(west, y)[1] for y in grid_lines(frame.grid_step_m, south, north)]
    arm = CROSS_ARM_MM
    crosses = [
        line
        for x in columns
        for y in rows
        for line in (((x - arm, y), (x + arm, y)), ((x, y - arm), (x, y + arm)))
    ]
    width, height = frame.width_mm, frame.height_mm
    ticks = [((x, edge), (x, inner)) for x in columns
             for edge, inner in ((0.0, TICK_MM), (height, height - TICK_MM))]  # fmt: skip
    ticks += [((edge, y), (inner, y)) for y in rows
              for edge, inner in ((0.0, TICK_MM), (width, width - TICK_MM))]  # fmt: skip
    return shapely.MultiLineString(crosses + ticks)


def grid_labels(frame: Frame) -> list[GridLabel]:
    """Return the coordinates of the grid lines, to stand in the band around the frame."""
    west, south, east, north = frame.ground
    labels = []
    for x in grid_lines(frame.grid_step_m, west, east):
        place = frame.place(x, north)[0]
        labels.append(GridLabel(number(x), place, 0.0, "north"))
        labels.append(GridLabel(number(x), place, frame.height_mm, "south"))
    for y in grid_lines(frame.grid_step_m, south, north):
        place = frame.place(west, y)[1]
        labels.append(GridLabel(number(y), 0.0, place, "west"))
        labels.append(GridLabel(number(y), frame.width_mm, place, "east"))
    return labels


def corner_coordinates(frame: Frame) -> dict[str, tuple[float, float]]:
    """Return east and north [m] of the frame's corners."""
    west, south, east, north = frame.ground
    return {"nw": (west, north), "ne": (east, north), "sw": (west, south), "se": (east, south)}


def grid_facts(frame: Frame) -> GridFacts:
    """Return convergence and scale factor in the middle of the frame (PROJ)."""
    middle = to_wgs84(frame.outline.centroid)
    factors = Proj(crs_of(PROJECT_SRID)).get_factors(middle.x, middle.y)
    return GridFacts(
        convergence_deg=float(factors.meridian_convergence),
        scale_factor=float(factors.meridional_scale),
    )


def scale_bar(scale: int, room_mm: float) -> tuple[int, int]:
    """Return metres of one division (1, 2 or 5 times a power of ten) and how many fit: 4 or 5."""
    room_m = room_mm * scale / 1_000
    lengths = [step * 10**power for power in range(6) for step in (1, 2, 5)]
    fitting = [(step, n) for step in lengths for n in (4, 5) if step * n <= room_m]
    return max(fitting, key=lambda bar: bar[0] * bar[1])
