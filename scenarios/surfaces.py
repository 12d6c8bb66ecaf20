"""What lies on the ground, cell by cell: roughness, runoff, buildings, sea.

A cell belongs to the area that holds its centre; of overlapping areas the later one counts.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from rasterio.features import rasterize
from shapely.geometry.base import BaseGeometry

from layers import numbers
from scenarios.errors import TerrainError
from scenarios.sources import Area, Sources
from scenarios.spec import Areas, CellValue, Place
from scenarios.terrain import Grid


def cell_values(value: CellValue, sources: Sources, grid: Grid) -> NDArray[np.float64]:
    """Return a number per cell: the default, overruled by the areas in their order.

    Raises
    ------
    TerrainError
        An area carries no usable number; names it and the attribute.
    """
    cells = np.full((grid.rows, grid.cols), value.default)
    for areas in value.areas:
        found = sources.areas(areas.place, areas.attribute, grid)
        burnt = [(area.geometry, _number(area, areas, value.limits)) for area in found]
        _burn(cells, [(shape, number) for shape, number in burnt if shape.area > 0], grid)
    return cells


def _burn(
    cells: NDArray[Any], shapes: Sequence[tuple[BaseGeometry, float | int]], grid: Grid
) -> None:
    if shapes:
        rasterize(shapes, out=cells, transform=grid.transform)


def _number(area: Area, areas: Areas, limits: tuple[float, float]) -> float:
    """Return the number an area stands for, within the limits of what it can mean."""
    if areas.value is not None:
        return areas.value
    stated = areas.values.get(str(area.value)) if areas.values else area.value
    if isinstance(stated, int | float | np.number) and not isinstance(stated, bool):
        number = float(stated)
        if limits[0] <= number <= limits[1]:
            return number
    raise TerrainError(
        _(
            "%(place)s: the attribute '%(attribute)s' is %(value)s, for which there is "
            "no number from %(limits)s to %(limits_2)s."
        )
        % {
            "place": areas.place,
            "attribute": areas.attribute,
            "value": repr(area.value),
            "limits": numbers.general(limits[0]),
            "limits_2": numbers.general(limits[1]),
        },
        remedy=_("Correct the attribute (and its unit), or give its value under 'values'."),
    )


def building_cells(place: Place, sources: Sources, grid: Grid) -> tuple[NDArray[np.int32], int]:
    """Return the number of the building on each cell (0: none), and how many buildings have one.

    A building smaller than a cell may hold no centre: it is not raised and floods as ground.
    """
    cells = np.zeros((grid.rows, grid.cols), np.int32)
    shapes = [area.geometry for area in sources.areas(place, "", grid) if area.geometry.area > 0]
    _burn(cells, [(shape, number) for number, shape in enumerate(shapes, start=1)], grid)
    return cells, len(np.unique(cells[cells > 0]))


def covered_cells(shapes: Iterable[BaseGeometry], grid: Grid) -> NDArray[np.bool_]:
    """Return which cells have their centre in one of the shapes; a line holds no centre."""
    cells = np.zeros((grid.rows, grid.cols), np.uint8)
    _burn(cells, [(shape, 1) for shape in shapes if shape.area > 0], grid)
    return cells.astype(bool)
