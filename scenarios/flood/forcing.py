"""What drives the water: rain, inflow, prescribed levels, and what stands at the beginning."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios.flood.boundary import Edges

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scenarios.flood.grid import Cells
    from scenarios.flood.series import Hydrograph, Rain, StageSeries


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Inflow:
    """A discharge shared equally among cells.

    ``cell_at``, ``cells_in_disc`` and ``cells_on_line`` find the cells of a place.
    """

    cells: Cells
    hydrograph: Hydrograph
    name: str = "inflow"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StageCells:
    """Cells held at a water level: a sea, a lake, a canal with a gate.

    ``cells`` is True on them. Whatever water they take up or give is counted in the balance.
    Cells whose bed is above the level are kept dry.
    """

    cells: NDArray[np.bool_]
    level: float | StageSeries


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Forcing:
    """All that drives a run.

    Parameters
    ----------
    rain : optional
        Gross rain.
    rain_factor : [-]
        Multiplies the rain per cell (its spatial pattern), or one number.
    runoff_coefficient : [-]
        Share of the rain that runs off, 0 to 1, per cell or one number; the rest is lost and
        appears in the balance as ``lost_m3``.
    inflows :
        Discharges into cells.
    edges :
        What happens at the four sides of the grid; all closed by default.
    stage_cells : optional
        Cells held at a level.
    initial_depth : [m]
        Water standing at time 0, per cell or one number.
    """

    rain: Rain | None = None
    rain_factor: NDArray[Any] | float = 1.0
    runoff_coefficient: NDArray[Any] | float = 1.0
    inflows: tuple[Inflow, ...] = ()
    edges: Edges = field(default_factory=Edges)
    stage_cells: StageCells | None = None
    initial_depth: NDArray[Any] | float = 0.0
