"""Hazard areas: cells of one class that share a side, as polygons along the cells' own borders."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize, shapes
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from scenarios.terrain import Grid

MAX_VERTICES = 50_000  # a quarter of what one stored shape may have; keeps joins fast


@dataclass(frozen=True, kw_only=True, slots=True)
class HazardZone:
    """Connected cells of one hazard class."""

    hazard_class: str  # H1 to H4
    geometry: BaseGeometry
    cells: int
    deepest_m: float


def worst_at_walls[Number: np.generic](
    values: NDArray[Number], buildings: NDArray[np.int32]
) -> NDArray[Number]:
    """Return values in which every building has the greatest of the cells around it.

    A raised block is dry on top, however deep the water at its door: taken by its own cells it
    would be cleared. A building enclosed by others takes the worst of its neighbours, and so on
    inwards through a whole quarter.
    """
    if not buildings.any():
        return values
    built = buildings > 0
    lowest = np.array(-1, values.dtype)
    known = np.where(built | ~np.isfinite(values.astype(float)), lowest, values)
    worst = np.full(int(buildings.max()) + 1, lowest, values.dtype)
    untold = built
    while untold.any():  # each round reaches buildings that only touch those of the round before
        around = _greatest_around(known, lowest)
        np.maximum.at(worst, buildings[untold], around[untold])
        known = np.where(built, worst[buildings], known)
        still_untold = built & (worst[buildings] < 0)
        if still_untold.sum() == untold.sum():
            break  # enclosed by walls: no water can be at its own
        untold = still_untold
    told = built & (worst[buildings] >= 0)
    return np.where(told, worst[buildings], values)


def _greatest_around[Number: np.generic](
    values: NDArray[Number], outside: NDArray[Number]
) -> NDArray[Number]:
    """Greatest of each cell and its eight neighbours."""
    rows, cols = values.shape
    wide = np.pad(values, 1, constant_values=outside)
    shifted = [wide[row : row + rows, col : col + cols] for row in range(3) for col in range(3)]
    greatest: NDArray[Number] = np.maximum.reduce(shifted)
    return greatest


def hazard_zones(
    classes: NDArray[np.int8], depth_m: NDArray[np.floating[Any]], grid: Grid
) -> list[HazardZone]:
    """Return the areas of H1 and above, worst first; their areas are those of their cells.

    Cells belong together when they share a side: joined at corners only, an outline would touch
    itself. Areas with more than ``MAX_VERTICES`` corners are cut along cell borders.
    """
    flooded = classes > 0
    if not flooded.any():
        return []
    found = shapes(classes.astype(np.uint8), mask=flooded, connectivity=4, transform=grid.transform)
    pieces = [
        (part, int(value))
        for outline, value in found
        for part in _bounded(_valid(shape(outline)), grid)
    ]
    numbered = rasterize(
        [(piece, number) for number, (piece, _class) in enumerate(pieces)],
        out_shape=classes.shape,
        transform=grid.transform,
        fill=-1,
        dtype="int32",
    )
    cells, deepest = _per_piece(numbered, depth_m, len(pieces))
    zones = [
        HazardZone(
            hazard_class=f"H{value}",
            geometry=piece,
            cells=int(cells[number]),
            deepest_m=round(float(deepest[number]), 3),
        )
        for number, (piece, value) in enumerate(pieces)
    ]
    return sorted(zones, key=_worst_first)


def _per_piece(
    numbered: NDArray[np.int32], depth_m: NDArray[np.floating[Any]], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    inside = numbered >= 0
    numbers = numbered[inside]
    deepest = np.zeros(count)
    np.maximum.at(deepest, numbers, np.nan_to_num(depth_m[inside].astype(float)))
    return np.bincount(numbers, minlength=count), deepest


def _worst_first(zone: HazardZone) -> tuple[str, float, float]:
    west, _south, _east, north = zone.geometry.bounds
    return chr(ord("9") - int(zone.hazard_class[1])), -north, west


def _valid(outline: BaseGeometry) -> BaseGeometry:
    """Return the same area where GDAL's outline touches itself at a corner."""
    if outline.is_valid:
        return outline
    return shapely.make_valid(outline, method="structure", keep_collapsed=False)


def _bounded(area: BaseGeometry, grid: Grid) -> Iterator[BaseGeometry]:
    """Cut an area in halves along cell borders until no part has too many corners."""
    if shapely.get_num_coordinates(area) <= MAX_VERTICES:
        yield area
        return
    for half in _halves(area.bounds, grid):
        part = _polygons_of(area.intersection(half))
        if not part.is_empty:
            yield from _bounded(part, grid)


def _halves(bounds: tuple[float, float, float, float], grid: Grid) -> tuple[Polygon, Polygon]:
    west, south, east, north = bounds
    if east - west >= north - south:
        cut = grid.west + round(((west + east) / 2 - grid.west) / grid.dx_m) * grid.dx_m
        return box(west, south, cut, north), box(cut, south, east, north)
    cut = grid.north - round((grid.north - (south + north) / 2) / grid.dx_m) * grid.dx_m
    return box(west, south, east, cut), box(west, cut, east, north)


def _polygons_of(area: BaseGeometry) -> BaseGeometry:
    """Return the polygons of a cut; where it only ran along a side there is nothing."""
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def domain_area(domain: NDArray[np.bool_], grid: Grid) -> BaseGeometry:
    """Return the area of the cells where the model says something."""
    found = shapes(domain.astype(np.uint8), mask=domain, connectivity=4, transform=grid.transform)
    return shapely.union_all([_valid(shape(outline)) for outline, _value in found])
