"""The terrain of a run, and how to name cells of it by place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.flood.errors import InvalidFloodInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    type Cells = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """The ground that water runs over; arrays are (rows, cols), row 0 in the north.

    Parameters
    ----------
    bed : [m above datum]
        Ground elevation, with buildings already raised (see :func:`raise_blocks`).
    roughness : [s m-1/3]
        Manning's n, per cell or one number.
    dx : [m]
        Width of the square cells.
    mask : optional
        True where there is no ground (nodata), as in ``numpy.ma``. Such cells are walls: no
        water enters, no rain is counted on them, and results are NaN there.
    """

    bed: NDArray[Any]
    roughness: NDArray[Any] | float
    dx: float
    mask: NDArray[np.bool_] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, cols = self.bed.shape
        return rows, cols

    @property
    def walls(self) -> NDArray[np.bool_]:
        """The mask as an array; all False where none was given."""
        if self.mask is None:
            return np.zeros(self.bed.shape, bool)
        return np.asarray(self.mask, bool)

    @property
    def cell_area_m2(self) -> float:
        """Area of one cell."""
        return self.dx * self.dx


def raise_blocks(bed: NDArray[Any], mask: ArrayLike, height_m: float) -> NDArray[Any]:
    """Return a copy of the bed with the cells of ``mask`` (True: building) raised by ``height_m``.

    Buildings as raised blocks keep their roof area in the rain balance and let deep water
    overtop them. The height is a choice of the modeller; 3 to 5 m stands for one storey or more
    (the Merewether and the UK Environment Agency test 8B set-ups use 3 m and 5 m).
    """
    building = np.asarray(mask, bool)
    if building.shape != bed.shape:
        raise InvalidFloodInput(
            f"The building mask is {building.shape} but the bed is {bed.shape}.",
            "Rasterise the buildings on the grid of the terrain.",
        )
    if not (np.isfinite(height_m) and height_m > 0):
        raise InvalidFloodInput(
            f"The block height {height_m} m is not above 0.",
            "Give the height that blocks the flow, e.g. 3 m.",
        )
    return np.where(building, bed + height_m, bed)


def _centres(shape: tuple[int, int], dx: float) -> tuple[NDArray[Any], NDArray[Any]]:
    rows, cols = shape
    x = (np.arange(cols) + 0.5) * dx
    y = (rows - np.arange(rows) - 0.5) * dx
    return x[np.newaxis, :], y[:, np.newaxis]


def _refuse_outside(shape: tuple[int, int], dx: float, x_m: float, y_m: float) -> None:
    width, height = shape[1] * dx, shape[0] * dx
    if not (0 <= x_m <= width and 0 <= y_m <= height):
        raise InvalidFloodInput(
            f"The point ({x_m:g} m, {y_m:g} m) lies outside the grid.",
            f"Measure from the south-west corner: 0 to {width:g} m east, 0 to {height:g} m north.",
        )


def cell_at(terrain: Terrain, x_m: float, y_m: float) -> Cells:
    """Return the cell at a point, in metres east and north of the grid's south-west corner."""
    _refuse_outside(terrain.shape, terrain.dx, x_m, y_m)
    rows, cols = terrain.shape
    col = min(int(x_m / terrain.dx), cols - 1)
    row = rows - 1 - min(int(y_m / terrain.dx), rows - 1)
    return np.array([row]), np.array([col])


def cells_in_disc(terrain: Terrain, x_m: float, y_m: float, radius_m: float) -> Cells:
    """Return the cells of the terrain whose centres lie in a disc (at least the one at its centre).

    ``x_m``, ``y_m`` are metres east and north of the grid's south-west corner.
    """
    _refuse_outside(terrain.shape, terrain.dx, x_m, y_m)
    x, y = _centres(terrain.shape, terrain.dx)
    inside = ((x - x_m) ** 2 + (y - y_m) ** 2 <= radius_m**2) & ~terrain.walls
    rows, cols = np.nonzero(inside)
    return (rows, cols) if rows.size else cell_at(terrain, x_m, y_m)


def cells_on_line(
    terrain: Terrain, start_m: tuple[float, float], end_m: tuple[float, float]
) -> Cells:
    """Return the cells under a straight line, each once, walls left out.

    The ends are metres east and north of the grid's south-west corner.
    """
    _refuse_outside(terrain.shape, terrain.dx, *start_m)
    _refuse_outside(terrain.shape, terrain.dx, *end_m)
    length = float(np.hypot(end_m[0] - start_m[0], end_m[1] - start_m[1]))
    steps = np.linspace(0.0, 1.0, 4 * int(np.ceil(length / terrain.dx)) + 1)
    x = start_m[0] + steps * (end_m[0] - start_m[0])
    y = start_m[1] + steps * (end_m[1] - start_m[1])
    rows, cols = terrain.shape
    col = np.minimum((x / terrain.dx).astype(np.intp), cols - 1)
    row = rows - 1 - np.minimum((y / terrain.dx).astype(np.intp), rows - 1)
    crossed = np.zeros(terrain.shape, bool)
    crossed[row, col] = True
    found = np.nonzero(crossed & ~terrain.walls)
    return found[0], found[1]
