"""How a run is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from scenarios.flood.hazard import DebrisMode


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """How long, how fine, and what is recorded.

    Parameters
    ----------
    duration_s : [s]
        Time to simulate.
    theta : [-]
        Weight of a face's own discharge against its neighbours along the flow, 0.7 to 1, at the
        Courant number 0.7: 1 is the scheme of Bates et al. (2010), whose waves can grow on smooth
        beds (n about 0.01); anything less damps them (de Almeida et al. 2012).
    alpha : [-]
        Courant number of the time step, ``dt <= alpha dx / sqrt(g h_max)`` (Bates et al. 2010:
        0.2 to 0.7); never more than the scheme is stable for, 0.67 with theta 0.9.
    dt_max_s : [s]
        Longest time step, used while the water is shallow.
    dtype :
        Precision of the state. Single keeps the volume to about 1e-8 (compensated sums) and is
        twice as fast; sums for the balance are double in any case.
    arrival_depth_m : [m]
        Depth from which water counts as having arrived.
    velocity_min_depth_m : [m]
        Depth from which speed and Froude number are recorded. In thinner films the quotient of
        discharge and depth is noise; depth x speed is recorded everywhere.
    velocity_cap_m_s : [m s-1]
        Limit of the speed through any face, as in SFINCS (``uvlim`` 10 m/s): only films a few
        centimetres deep beside a strong source ever reach it.
    debris :
        Debris factor in the hazard rating.
    output_times_s :
        Times of the snapshots [s]; the steps fall exactly on them.
    report_interval_s : [s]
        Wall-clock time between two calls of ``on_progress`` and ``should_stop``; 0: every step.
    """

    duration_s: float
    theta: float = 0.9
    alpha: float = 0.7
    dt_max_s: float = 5.0
    dtype: Literal["float32", "float64"] = "float32"
    arrival_depth_m: float = 0.05
    velocity_min_depth_m: float = 0.05
    velocity_cap_m_s: float = 10.0
    debris: DebrisMode = DebrisMode.URBAN
    output_times_s: tuple[float, ...] = ()
    report_interval_s: float = 0.25
