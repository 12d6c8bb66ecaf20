"""A flood solver for city planning: local-inertial shallow water on a square grid.

It knows NumPy and Numba and nothing of the rest of the product; it runs in a notebook::

    import numpy as np
    from scenarios.flood import Forcing, Rain, Settings, Terrain, simulate

    bed = np.tile(np.linspace(5.0, 0.0, 200), (100, 1))      # (rows, cols), row 0 = north
    terrain = Terrain(bed, 0.05, 10.0)                       # bed [m], Manning's n, dx [m]
    storm = Forcing(rain=Rain.steady(50.0, 3600.0))          # 50 mm/h for an hour
    result = simulate(terrain, storm, Settings(duration_s=7200.0))
    result.max_depth, result.mass_balance.relative_error

Input
    ``Terrain(bed, roughness, dx, mask=None)``; ``mask`` True = no ground = wall.
    ``Forcing(rain=, rain_factor=, runoff_coefficient=, inflows=, edges=, stage_cells=,
    initial_depth=)`` with ``Rain``, ``Inflow(cells=, hydrograph=, name=)``, ``Hydrograph``,
    ``Edges(north=, south=, west=, east=)`` of ``Closed()``, ``FreeOutflow()``,
    ``NormalDepth(slope)``, ``FixedStage(level)``, ``StageCells(cells=, level=)``, ``StageSeries``.
    ``Settings(duration_s=, theta=, alpha=, dt_max_s=, dtype=, ...)``.
    ``raise_blocks``, ``cell_at``, ``cells_in_disc``, ``cells_on_line`` prepare it.
Run
    ``simulate(terrain, forcing, settings, *, on_progress=None, should_stop=None,
    on_snapshot=None) -> FloodResult``. Raises ``InvalidFloodInput`` before or
    ``UnstableRunError`` during the run; both carry ``what`` and ``remedy``.
Output
    ``FloodResult``: ``depth``, ``max_depth``, ``max_velocity``, ``max_unit_discharge``,
    ``max_hazard_rating``, ``arrival_s``, ``time_of_max_s``, ``max_froude``,
    ``outside_validity``, ``mass_balance``, ``steps``, ``seconds_simulated``, ``cancelled``.
    ``hazard_rating``, ``flood_class`` (H0-H4), ``defra_class``, ``aidr_class`` (H1-H6)
    turn them into classes.

Where it is not valid: the scheme leaves advection out. Where ``max_froude`` exceeds 0.8
(``outside_validity``) depth and speed are indications only: steep streets, dam breaks, jumps.
"""

from scenarios.flood.boundary import Closed, Edges, FixedStage, FreeOutflow, NormalDepth
from scenarios.flood.errors import InvalidFloodInput, UnstableRunError
from scenarios.flood.forcing import Forcing, Inflow, StageCells
from scenarios.flood.grid import Terrain, cell_at, cells_in_disc, cells_on_line, raise_blocks
from scenarios.flood.hazard import (
    AIDR_MEANING,
    DEBRIS_FACTORS,
    DebrisMode,
    DefraClass,
    FloodClass,
    aidr_class,
    defra_class,
    flood_class,
    hazard_rating,
)
from scenarios.flood.result import FROUDE_VALID_TO, FloodResult, MassBalance, Progress, Snapshot
from scenarios.flood.series import Hydrograph, Rain, StageSeries
from scenarios.flood.settings import Settings
from scenarios.flood.simulate import simulate

__all__ = [
    "AIDR_MEANING",
    "DEBRIS_FACTORS",
    "FROUDE_VALID_TO",
    "Closed",
    "DebrisMode",
    "DefraClass",
    "Edges",
    "FixedStage",
    "FloodClass",
    "FloodResult",
    "Forcing",
    "FreeOutflow",
    "Hydrograph",
    "Inflow",
    "InvalidFloodInput",
    "MassBalance",
    "NormalDepth",
    "Progress",
    "Rain",
    "Settings",
    "Snapshot",
    "StageCells",
    "StageSeries",
    "Terrain",
    "UnstableRunError",
    "aidr_class",
    "cell_at",
    "cells_in_disc",
    "cells_on_line",
    "defra_class",
    "flood_class",
    "hazard_rating",
    "raise_blocks",
    "simulate",
]
