"""The ground as square cells: what touches them, what fills them, how far they are from it.

Every answer is one-sided. "Touches" never misses a shape, "fills" never takes a cell that a shape
leaves in part, and a distance comes as bounds between which the true one lies.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.features import rasterize
from scipy import ndimage

Mask = NDArray[np.bool_]
Shapes = NDArray[np.object_]

# Sizes of cells [m] a question is answered with: the finest with which the city stays below
# MOST_CELLS. At 10 m a limit is drawn 28 m wide.
SIZES_M = (5.0, 10.0, 20.0, 25.0, 50.0, 100.0, 200.0, 500.0)
MOST_CELLS = 1_000_000
AREA = 2  # dimensions of a polygon
# What is at most so many cells wide and high is looked at all at once, larger shapes one by one.
MOST_SPAN_SMALL = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """Square cells in rows from the north (PROJECT_SRID, metres)."""

    west: float
    north: float
    size_m: float
    rows: int
    cols: int

    @classmethod
    def over(cls, bounds: tuple[float, float, float, float], size_m: float = 0.0) -> "Cells":
        """Return the cells over a box (west, south, east, north), the finest that are few enough.

        Their borders lie on whole multiples of their size.
        """
        west, south, east, north = bounds
        extent_m2 = max(east - west, 1.0) * max(north - south, 1.0)
        fine = [each for each in SIZES_M if extent_m2 / each**2 <= MOST_CELLS]
        size = size_m or (fine or SIZES_M[-1:])[0]
        left, top = math.floor(west / size) * size, math.ceil(north / size) * size
        return cls(
            west=left,
            north=top,
            size_m=size,
            rows=math.ceil((top - south) / size),
            cols=math.ceil((east - left) / size),
        )

    @property
    def transform(self) -> Affine:
        """The affine transform from (column, row) to coordinates."""
        return Affine(self.size_m, 0.0, self.west, 0.0, -self.size_m, self.north)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return (self.rows, self.cols)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north [m]."""
        south = self.north - self.rows * self.size_m
        return (self.west, south, self.west + self.cols * self.size_m, self.north)

    @property
    def slack_m(self) -> float:
        """By how much a distance between cell centres can differ from that of what is in them."""
        return self.size_m * math.sqrt(2.0)

    def rim(self, reach_m: float) -> int:
        """Return how many cells around know everything within reach [m]."""
        return math.ceil((reach_m + self.slack_m) / self.size_m) + 1

    def widened(self, rim: int) -> "Cells":
        """Return these cells with so many more on every side."""
        return replace(
            self,
            west=self.west - rim * self.size_m,
            north=self.north + rim * self.size_m,
            rows=self.rows + 2 * rim,
            cols=self.cols + 2 * rim,
        )

    def square(self, row: int, col: int, cells: int) -> shapely.Polygon:
        """Return the square of so many cells a side whose north-west cell this is."""
        west, north = self.west + col * self.size_m, self.north - row * self.size_m
        side = cells * self.size_m
        return shapely.box(west, north - side, west + side, north)


def touched(shapes: Shapes, cells: Cells) -> Mask:
    """Return the cells that a shape touches."""
    return _burnt(shapes, cells, all_touched=True)


def filled(shapes: Shapes, cells: Cells) -> Mask:
    """Return cells that lie wholly inside one area; where borders run, none."""
    areas = shapes[shapely.get_dimensions(shapes) == AREA]
    inside = _burnt(areas, cells, all_touched=False)
    return inside & ~touched(shapely.boundary(areas), cells)


def _burnt(shapes: Shapes, cells: Cells, *, all_touched: bool) -> Mask:
    near = shapes[shapely.intersects(shapely.box(*cells.bounds), shapes)]
    if not len(near):
        return np.zeros(cells.shape, np.bool_)
    marks = rasterize(
        near, cells.shape, transform=cells.transform, all_touched=all_touched, dtype="uint8"
    )
    burnt: Mask = marks.astype(np.bool_)
    return burnt


def centred(shapes: Shapes, cells: Cells) -> Mask:
    """Return the cells whose centre lies in one of the areas."""
    areas = shapes[shapely.get_dimensions(shapes) == AREA] if len(shapes) else shapes
    marked = np.zeros(cells.shape, np.bool_)
    if not len(areas):
        return marked
    west, south, east, north = shapely.bounds(areas).T
    is_small = np.maximum(east - west, north - south) <= MOST_SPAN_SMALL * cells.size_m
    _mark_centres(marked, areas[is_small], cells)
    if not is_small.all():
        large = areas[~is_small]
        marks = rasterize(large, cells.shape, transform=cells.transform, dtype="uint8")
        marked |= marks.astype(np.bool_)
    return marked


def _mark_centres(marked: Mask, areas: Shapes, cells: Cells) -> None:
    """Mark the centres in small areas: of all areas at once, for each cell a box can reach."""
    bounds = shapely.bounds(areas)
    left = np.floor((bounds[:, 0] - cells.west) / cells.size_m).astype(np.int64)
    top = np.floor((cells.north - bounds[:, 3]) / cells.size_m).astype(np.int64)
    for down in range(MOST_SPAN_SMALL + 1):
        for across in range(MOST_SPAN_SMALL + 1):
            x = cells.west + (left + across + 0.5) * cells.size_m
            y = cells.north - (top + down + 0.5) * cells.size_m
            inside = shapely.contains_xy(areas, x, y)
            mark(marked, left[inside] + across, top[inside] + down)


def boxes_marked(boxes: NDArray[np.int64], cells: Cells) -> Mask:
    """Return the cells of boxes of at most MOST_SPAN_SMALL cells a side (and the next).

    A row per box: first column and row, last column and row.
    """
    marked = np.zeros(cells.shape, np.bool_)
    left, top, right, bottom = boxes.T
    for down in range(MOST_SPAN_SMALL + 1):
        for across in range(MOST_SPAN_SMALL + 1):
            within = (left + across <= right) & (top + down <= bottom)
            mark(marked, left[within] + across, top[within] + down)
    return marked


def mark(marked: Mask, columns: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    """Mark these cells in place; those beyond the border are passed over."""
    inside = (columns >= 0) & (rows >= 0) & (rows < marked.shape[0]) & (columns < marked.shape[1])
    marked[rows[inside], columns[inside]] = True


def distance_m(marked: Mask, cells: Cells) -> NDArray[np.float64]:
    """Return how far each cell's centre lies from that of the nearest marked cell [m]."""
    if not marked.any():
        return np.full(cells.shape, np.inf)
    distances: NDArray[np.float64] = ndimage.distance_transform_edt(~marked)
    return distances * cells.size_m


def perhaps_within(marked: Mask, reach_m: float, cells: Cells) -> Mask:
    """Return the cells of which some point may lie nearer than reach to what was marked."""
    if reach_m <= 0:
        return marked
    within: Mask = distance_m(marked, cells) - cells.slack_m < reach_m
    return within


def surely_within(marked: Mask, reach_m: float, cells: Cells) -> Mask:
    """Return the cells of which every point lies nearer than reach to something in a marked one."""
    within: Mask = distance_m(marked, cells) + cells.slack_m < reach_m
    return within


def cropped(mask: Mask, rim: int) -> Mask:
    """Return a mask of widened cells without its rim."""
    return mask[rim:-rim, rim:-rim] if rim else mask
