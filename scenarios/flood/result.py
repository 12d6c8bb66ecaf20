"""What a run gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FROUDE_VALID_TO = 0.8  # beyond it the neglected advection matters: de Almeida & Bates (2013)


@dataclass(frozen=True, kw_only=True, slots=True)
class MassBalance:
    """Where the water came from and where it went, over the whole domain [m3].

    Sums are in double precision whatever the precision of the state.
    """

    stored_start_m3: float
    stored_end_m3: float
    rain_m3: float  # gross rain on the domain
    lost_m3: float  # rain that the runoff coefficient keeps back
    inflow_m3: float
    edge_in_m3: float
    edge_out_m3: float
    stage_in_m3: float  # given by cells held at a level
    stage_out_m3: float  # taken up by them
    edge_out_by_side_m3: dict[str, float]

    @property
    def handled_m3(self) -> float:
        """All water the domain ever held: stored at the start plus everything that came in."""
        net_rain = self.rain_m3 - self.lost_m3
        return self.stored_start_m3 + net_rain + self.inflow_m3 + self.edge_in_m3 + self.stage_in_m3

    @property
    def created_m3(self) -> float:
        """Water the computation made (positive) or lost (negative): should be rounding only."""
        return self.stored_end_m3 - (self.handled_m3 - self.edge_out_m3 - self.stage_out_m3)

    @property
    def relative_error(self) -> float:
        """``created_m3 / handled_m3``; 0 in a domain that never held water."""
        return self.created_m3 / self.handled_m3 if self.handled_m3 > 0 else 0.0

    @property
    def error_per_throughput(self) -> float:
        """``created_m3`` per water that came in (without what stood there); stricter by a sea."""
        came_in = self.handled_m3 - self.stored_start_m3
        return self.created_m3 / came_in if came_in > 0 else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a run is."""

    time_s: float  # simulated
    duration_s: float
    steps: int
    dt_s: float  # of the last step
    max_depth_m: float  # at this moment

    @property
    def share(self) -> float:
        """Done, 0 to 1."""
        return self.time_s / self.duration_s


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Snapshot:
    """The water at one moment; arrays are copies, NaN outside the domain."""

    time_s: float
    depth: NDArray[Any]  # [m]
    velocity_x: NDArray[Any]  # eastward [m s-1]; 0 below Settings.velocity_min_depth_m
    velocity_y: NDArray[Any]  # northward [m s-1]
    mass_balance: MassBalance


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FloodResult:
    """The outcome of a run; arrays are (rows, cols), row 0 in the north, NaN outside the domain.

    ``arrival_s`` is the first time the water was deeper than the arrival depth, NaN where it
    never was. Speeds are recorded from ``Settings.velocity_min_depth_m`` up, 0 below. A
    cancelled run holds the maxima and the balance up to ``seconds_simulated``.
    """

    depth: NDArray[Any]  # at the end [m]
    max_depth: NDArray[Any]  # [m]
    max_velocity: NDArray[Any]  # [m s-1]
    max_unit_discharge: NDArray[Any]  # greatest simultaneous depth x speed [m2 s-1]
    max_hazard_rating: NDArray[Any]  # Defra HR with the debris factor of the settings
    arrival_s: NDArray[Any]
    time_of_max_s: NDArray[Any]  # of the greatest depth
    max_froude: NDArray[Any]  # [-]
    mass_balance: MassBalance
    steps: int
    seconds_simulated: float
    cancelled: bool

    @property
    def outside_validity(self) -> NDArray[np.bool_]:
        """True where the flow was near or beyond critical: there the scheme is not valid."""
        return np.asarray(self.max_froude > FROUDE_VALID_TO)
