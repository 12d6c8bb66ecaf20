"""The books of a run: every volume that enters or leaves, in double precision."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from scenarios.flood.boundary import Closed
from scenarios.flood.result import MassBalance

if TYPE_CHECKING:
    from scenarios.flood.setup import Run
    from scenarios.flood.state import Flow, Water


def stored_m3(water: Water, cell_area_m2: float) -> float:
    """Water in the domain, with what rounding has kept back [m3]."""
    depth = water.depth.sum(dtype=np.float64) + water.carry.sum(dtype=np.float64)
    return float(depth) * cell_area_m2


@dataclass(slots=True)
class Ledger:
    """Volumes booked so far [m3]."""

    stored_start_m3: float
    rain_m3: float = 0.0
    net_rain_m3: float = 0.0
    inflow_m3: float = 0.0
    stage_in_m3: float = 0.0
    stage_out_m3: float = 0.0
    edge_in_m3: float = 0.0
    edge_out_by_side_m3: dict[str, float] = field(
        default_factory=lambda: {"north": 0.0, "south": 0.0, "west": 0.0, "east": 0.0}
    )

    def book_rain(self, run: Run, depth_m: float) -> None:
        """Book a depth of gross rain, as the kernels applied it."""
        area = run.terrain.cell_area_m2
        self.rain_m3 += depth_m * run.rain_factor_sum * area
        self.net_rain_m3 += depth_m * run.rain_share_sum * area

    def book_exchange(self, volume_m3: float) -> None:
        """Book what the cells held at a level gave (positive) or took up (negative)."""
        self.stage_in_m3 += max(volume_m3, 0.0)
        self.stage_out_m3 += max(-volume_m3, 0.0)

    def book_edges(self, run: Run, flow: Flow, dt_dx: float) -> None:
        """Book what passed the open sides in a step, as the kernels applied it."""
        outward = {"north": -flow.y[0], "south": flow.y[-1], "west": -flow.x[:, 0]}
        outward["east"] = flow.x[:, -1]
        per_face = dt_dx * run.terrain.cell_area_m2
        for side, edge in run.forcing.edges.sides().items():
            if isinstance(edge, Closed):
                continue
            q = outward[side]
            self.edge_out_by_side_m3[side] += per_face * float(q[q > 0].sum(dtype=np.float64))
            self.edge_in_m3 -= per_face * float(q[q < 0].sum(dtype=np.float64))

    def balance(self, run: Run) -> MassBalance:
        """Return the balance at this moment."""
        return MassBalance(
            stored_start_m3=self.stored_start_m3,
            stored_end_m3=stored_m3(run.water, run.terrain.cell_area_m2),
            rain_m3=self.rain_m3,
            lost_m3=self.rain_m3 - self.net_rain_m3,
            inflow_m3=self.inflow_m3,
            edge_in_m3=self.edge_in_m3,
            edge_out_m3=sum(self.edge_out_by_side_m3.values()),
            stage_in_m3=self.stage_in_m3,
            stage_out_m3=self.stage_out_m3,
            edge_out_by_side_m3=dict(self.edge_out_by_side_m3),
        )
