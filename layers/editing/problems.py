"""What is wrong, where and how badly."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from layers.crs import to_wgs84
from layers.editing.vocab import ProblemKind, Severity


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing an edit may not be; shapes in PROJECT_SRID."""

    kind: ProblemKind
    message: str
    stable_id: str = ""
    other: str = ""
    severity: Severity = Severity.REFUSES
    point: BaseGeometry | None = None
    geometry: BaseGeometry | None = None
    measured: float | None = None  # [m] width or [m2] area, as the message says
    tolerance_m: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the problem for a program, places as longitude and latitude."""
        point = None if self.point is None else _degrees(self.point)
        shape = None if self.geometry is None else shapely.geometry.mapping(to_wgs84(self.geometry))
        return {
            "kind": str(self.kind),
            "severity": str(self.severity),
            "id": self.stable_id,
            "other": self.other,
            "message": self.message,
            "point": point,
            "geometry": shape,
            "measured": self.measured,
            "tolerance_m": self.tolerance_m,
        }


def _degrees(point: BaseGeometry) -> list[float] | None:
    """Return longitude and latitude; None where the coordinate system reaches no such place."""
    longitude, latitude = to_wgs84(point).coords[0]
    return [longitude, latitude] if math.isfinite(longitude + latitude) else None


def refusing(problems: Sequence[Problem]) -> list[Problem]:
    """Return those that forbid publication."""
    return [problem for problem in problems if problem.severity == Severity.REFUSES]
