"""Rain, discharge and level over time.

Rain and discharge are integrated exactly over each time step, so the volume that enters does not
depend on how the steps happen to fall.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

MM_PER_HOUR = 1e-3 / 3600.0  # [m s-1]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rain:
    """Rain in blocks: ``intensity_mm_h[i]`` falls from ``edges_s[i]`` to ``edges_s[i + 1]``.

    No rain falls before the first edge or after the last.
    """

    edges_s: Sequence[float]
    intensity_mm_h: Sequence[float]

    @classmethod
    def steady(cls, intensity_mm_h: float, duration_s: float) -> Rain:
        """Return rain of one intensity from time 0 on."""
        return cls(edges_s=(0.0, duration_s), intensity_mm_h=(intensity_mm_h,))

    @classmethod
    def from_depths(cls, depths_mm: Sequence[float], step_s: float) -> Rain:
        """Return the rain of a hyetograph: ``depths_mm[i]`` falls in the i-th step."""
        edges = tuple(float(step_s * i) for i in range(len(depths_mm) + 1))
        return cls(edges_s=edges, intensity_mm_h=tuple(d * 3600.0 / step_s for d in depths_mm))

    def depth_until_m(self, time_s: float) -> float:
        """Rain depth fallen from the beginning until a time [m]."""
        edges = np.asarray(self.edges_s, float)
        rates = np.asarray(self.intensity_mm_h, float) * MM_PER_HOUR
        fallen = np.concatenate([[0.0], np.cumsum(rates * np.diff(edges))])
        return float(np.interp(time_s, edges, fallen))

    def greatest_rate(self, start_s: float, end_s: float) -> float:
        """Greatest intensity between two times [m s-1]."""
        rates = [
            rate
            for rate, begin, end in zip(
                self.intensity_mm_h, self.edges_s[:-1], self.edges_s[1:], strict=True
            )
            if begin < end_s and end > start_s
        ]
        return max(rates, default=0.0) * MM_PER_HOUR


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hydrograph:
    """Discharge over time [m3 s-1], straight between the given times and 0 outside them."""

    times_s: Sequence[float]
    discharge_m3s: Sequence[float]

    @classmethod
    def steady(cls, discharge_m3s: float, duration_s: float) -> Hydrograph:
        """Return a constant discharge from time 0 on."""
        return cls(times_s=(0.0, duration_s), discharge_m3s=(discharge_m3s, discharge_m3s))

    def volume_until_m3(self, time_s: float) -> float:
        """Volume delivered from the beginning until a time [m3]."""
        times = np.asarray(self.times_s, float)
        flow = np.asarray(self.discharge_m3s, float)
        if time_s <= times[0]:
            return 0.0
        end = min(time_s, float(times[-1]))
        inner = times < end
        knots = np.append(times[inner], end)
        return float(np.trapezoid(np.append(flow[inner], np.interp(end, times, flow)), knots))

    def greatest_discharge(self, start_s: float, end_s: float) -> float:
        """Greatest discharge between two times [m3 s-1]."""
        times = np.asarray(self.times_s, float)
        flow = np.asarray(self.discharge_m3s, float)
        ends = np.interp([start_s, end_s], times, flow, left=0.0, right=0.0)
        inner = flow[(times >= start_s) & (times <= end_s)]
        return float(max(ends.max(), inner.max(initial=0.0)))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class StageSeries:
    """A water level over time [m above datum], straight between times, held outside them."""

    times_s: Sequence[float]
    level_m: Sequence[float]

    def at(self, time_s: float) -> float:
        """Level at a time [m above datum]."""
        return float(np.interp(time_s, self.times_s, self.level_m))


def level_at(level: float | StageSeries, time_s: float) -> float:
    """Return a fixed or varying level at a time [m above datum]."""
    return level.at(time_s) if isinstance(level, StageSeries) else float(level)
