"""What happens at the four sides of the grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from scenarios.flood.series import level_at
from scenarios.flood.state import DRY_DEPTH_M, GRAVITY

if TYPE_CHECKING:
    from scenarios.flood.series import StageSeries
    from scenarios.flood.state import Array, Flow, Ground

# Critical flow over a broad crest: q = (2/3)^(3/2) sqrt(g) h^(3/2), h the depth upstream of it.
# Chow (1959), Open-Channel Hydraulics, ch. 3: depth at the crest is 2/3 of the energy head.
CRITICAL_FLOW = (2.0 / 3.0) ** 1.5 * GRAVITY**0.5  # [m1/2 s-1]


@dataclass(frozen=True, slots=True)
class Closed:
    """A wall: nothing passes."""


@dataclass(frozen=True, slots=True)
class FreeOutflow:
    """Water falls off the edge at critical depth; nothing comes in."""


@dataclass(frozen=True, slots=True)
class NormalDepth:
    """Water leaves as in a long uniform slope (Manning): ``q = h^(5/3) sqrt(slope) / n``.

    ``slope`` is the fall of the energy line beyond the edge [m per m], normally the bed slope.
    """

    slope: float


@dataclass(frozen=True, slots=True)
class FixedStage:
    """The level beyond the edge is given [m above datum]; water goes in or out by gravity."""

    level: float | StageSeries


type Edge = Closed | FreeOutflow | NormalDepth | FixedStage


@dataclass(frozen=True, kw_only=True, slots=True)
class Edges:
    """The condition at each side of the grid."""

    north: Edge = field(default_factory=Closed)
    south: Edge = field(default_factory=Closed)
    west: Edge = field(default_factory=Closed)
    east: Edge = field(default_factory=Closed)

    def sides(self) -> dict[str, Edge]:
        """Return the conditions by side."""
        return {"north": self.north, "south": self.south, "west": self.west, "east": self.east}


class Step(NamedTuple):
    """What an edge must know of a time step."""

    dt_s: float
    dx_m: float
    speed_cap: float


@dataclass(frozen=True, slots=True)
class Rim:
    """One side of the state arrays: its outermost faces and the cells behind them."""

    outward: int  # sign of flow that leaves
    new: Array
    own: Array
    depth: Array
    bed: Array
    roughness: Array


def rim(side: str, new: Flow, flow: Flow, depth: Array, ground: Ground) -> Rim:
    """Return views of the faces and cells at a side of the grid."""
    last = -1 if side in {"south", "east"} else 0
    outward = 1 if last else -1
    cells = (depth, ground.bed, ground.roughness)
    if side in {"north", "south"}:
        return Rim(outward, new.y[last], flow.y[last], *(array[last] for array in cells))
    return Rim(outward, new.x[:, last], flow.x[:, last], *(array[:, last] for array in cells))


def write_edge_discharge(edge: Edge, at: Rim, datum_m: float, now_s: float, step: Step) -> None:
    """Write the new discharge through the outermost faces of one side, in place.

    ``datum_m`` is the elevation of the state's own zero. The limiter cuts outflow afterwards to
    what the cells hold. Closed faces stay at 0.
    """
    if isinstance(edge, FreeOutflow):
        out = CRITICAL_FLOW * at.depth**1.5
    elif isinstance(edge, NormalDepth):
        out = at.depth ** (5.0 / 3.0) * edge.slope**0.5 / at.roughness
    elif isinstance(edge, FixedStage):
        stage = at.bed.dtype.type(level_at(edge.level, now_s) - datum_m)
        out = _flow_to_stage(at, stage, step)
    else:
        return
    at.new[:] = at.outward * out


def _flow_to_stage(at: Rim, stage: Any, step: Step) -> Array:  # noqa: ANN401
    """Local-inertial discharge, positive outward, to a level one cell beyond the edge [m2 s-1]."""
    surface = at.bed + at.depth
    depth = np.maximum(surface, stage) - at.bed
    wet = depth > DRY_DEPTH_M
    h = np.where(wet, depth, 1.0)
    own = at.outward * at.own
    beyond = np.maximum(stage, at.bed)
    slowed = 1.0 + GRAVITY * step.dt_s * at.roughness**2 * np.abs(own) / h ** (7.0 / 3.0)
    pushed = own - GRAVITY * h * step.dt_s * (beyond - surface) / step.dx_m
    cap = step.speed_cap * h
    return np.where(wet, np.clip(pushed / slowed, -cap, cap), 0.0).astype(at.bed.dtype)


def edge_depth_m(edge: FixedStage, at: Rim, datum_m: float, now_s: float) -> float:
    """Greatest depth that a prescribed level puts on the cells of a side [m]."""
    return max(0.0, level_at(edge.level, now_s) - datum_m - float(at.bed.min()))
