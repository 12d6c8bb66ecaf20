"""What depth and speed mean: debris factors, hazard ratings and flood classes.

Every limit stands here once, with its source. The solver tracks depth x speed and the hazard
rating at each moment; multiplying the greatest depth by the greatest speed would overstate both.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios.flood.errors import InvalidFloodInput

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


class DebrisMode(StrEnum):
    """Which debris factor enters the Defra hazard rating."""

    NONE = "none"
    PASTURE = "pasture"
    WOODLAND = "woodland"
    URBAN = "urban"
    PRECAUTIONARY = "precautionary"


@dataclass(frozen=True, kw_only=True, slots=True)
class DebrisFactor:
    """Debris factor [-] by depth; water faster than ``DEBRIS_FAST_M_S`` counts as deep."""

    shallow: float  # up to DEBRIS_SHALLOW_M
    mid: float  # up to DEBRIS_DEEP_M
    deep: float  # above
    source: str


DEBRIS_SHALLOW_M = 0.25  # FD2321/TR1 table 3.1
DEBRIS_DEEP_M = 0.75  # FD2321/TR1 table 3.1
DEBRIS_FAST_M_S = 2.0  # FD2321/TR1 table 3.1: "d > 0.75 m and/or v > 2 m/s"

_TABLE_3_1 = (
    "Defra/Environment Agency (2006), Flood Risks to People, FD2321/TR1, table 3.1 "
    "(general knowledge, not checked against the printed report)"
)
_NOTE_2008 = (
    "Defra/Environment Agency (2008), Supplementary note on flood hazard ratings and thresholds "
    "(general knowledge, not checked against the printed note)"
)
DEBRIS_FACTORS: dict[DebrisMode, DebrisFactor] = {
    DebrisMode.NONE: DebrisFactor(shallow=0.0, mid=0.0, deep=0.0, source="no debris assumed"),
    DebrisMode.PASTURE: DebrisFactor(shallow=0.0, mid=0.0, deep=0.5, source=_TABLE_3_1),
    DebrisMode.WOODLAND: DebrisFactor(shallow=0.0, mid=0.5, deep=1.0, source=_TABLE_3_1),
    DebrisMode.URBAN: DebrisFactor(shallow=0.0, mid=1.0, deep=1.0, source=_TABLE_3_1),
    DebrisMode.PRECAUTIONARY: DebrisFactor(shallow=0.5, mid=1.0, deep=1.0, source=_NOTE_2008),
}


def debris_factor(depth_m: ArrayLike, speed_m_s: ArrayLike, mode: DebrisMode) -> NDArray[Any]:
    """Return the debris factor for simultaneous depth and speed [-]."""
    depth, speed = np.asarray(depth_m, float), np.asarray(speed_m_s, float)
    factor = DEBRIS_FACTORS[mode]
    by_depth = np.where(depth > DEBRIS_SHALLOW_M, factor.mid, factor.shallow)
    is_deep = (depth > DEBRIS_DEEP_M) | (speed > DEBRIS_FAST_M_S)
    return np.where(is_deep, factor.deep, by_depth)


def hazard_rating(depth_m: ArrayLike, speed_m_s: ArrayLike, mode: DebrisMode) -> NDArray[Any]:
    """Return the Defra hazard rating ``HR = d (v + 0.5) + DF``; 0 where it is dry.

    FD2321/TR1 (2006), equation 3.2 [general knowledge]; d [m], v [m s-1], DF [-].
    """
    depth, speed = np.asarray(depth_m, float), np.asarray(speed_m_s, float)
    rating = depth * (speed + 0.5) + debris_factor(depth, speed, mode)
    return np.where(depth > 0, rating, 0.0)


class DefraClass(IntEnum):
    """Danger to people by hazard rating."""

    LOW = 0  # caution
    MODERATE = 1  # danger for some: children, the elderly
    SIGNIFICANT = 2  # danger for most
    EXTREME = 3  # danger for all, emergency services too


DEFRA_LIMITS = (0.75, 1.25)  # both reports
DEFRA_EXTREME_LIMITS = (2.0, 2.5)  # supplementary note 2008; the older FD2321 table


def defra_class(rating: ArrayLike, *, extreme_from: float = 2.0) -> NDArray[np.int8]:
    """Return the :class:`DefraClass` of hazard ratings; -1 where the rating is NaN.

    ``extreme_from`` is 2.0 (supplementary note of 2008) or 2.5 (the older table). Say on the
    map which one was used.
    """
    if extreme_from not in DEFRA_EXTREME_LIMITS:
        raise InvalidFloodInput(
            f"{extreme_from} is not a limit of the extreme class.", "Use 2.0 (2008) or 2.5 (2006)."
        )
    return _classes(rating, (*DEFRA_LIMITS, extreme_from))


def _classes(values: ArrayLike, limits: tuple[float, ...], *, right: bool = False) -> NDArray[Any]:
    """Count the limits reached (``right``: exceeded); -1 for NaN."""
    array = np.asarray(values, float)
    reached = np.digitize(array, limits, right=right)
    return np.where(np.isnan(array), -1, reached).astype(np.int8)


class FloodClass(IntEnum):
    """Flood classes of the land-use plan (a draft scale, to be checked by the city)."""

    H0 = 0
    H1 = 1
    H2 = 2
    H3 = 3
    H4 = 4


# Depth 0.01-0.30, -0.60, -1.20, above; depth x speed < 0.3, < 0.5, < 1.0, from 1.0.
# Basis: demonstration scale of this project's reference table of flood classes; no legal force.
FLOOD_CLASS_WET_M = 0.01
FLOOD_CLASS_DEPTHS_M = (0.30, 0.60, 1.20)
FLOOD_CLASS_UNIT_DISCHARGES = (0.3, 0.5, 1.0)  # [m2 s-1]


def flood_class(depth_m: ArrayLike, unit_discharge: ArrayLike) -> NDArray[np.int8]:
    """Return the :class:`FloodClass` by depth or by depth x speed, whichever is worse.

    Arguments are the greatest depth [m] and the greatest simultaneous depth x speed [m2 s-1];
    -1 where either is NaN. A class holds up to and including its depth; a limit of depth x speed
    belongs to the class above.
    """
    depth = np.asarray(depth_m, float)
    by_depth = _classes(depth, FLOOD_CLASS_DEPTHS_M, right=True)
    by_flow = _classes(unit_discharge, FLOOD_CLASS_UNIT_DISCHARGES)
    worse = 1 + np.maximum(by_depth, by_flow)
    known = (by_depth >= 0) & (by_flow >= 0)
    wet = np.where(depth >= FLOOD_CLASS_WET_M, worse, 0)
    return np.where(known, wet, -1).astype(np.int8)


# Australian Institute for Disaster Resilience (2017), Guideline 7-3 Flood Hazard, table 2:
# upper limits of H1 to H5; beyond any of them the next class begins.
AIDR_DEPTHS_M = (0.3, 0.5, 1.2, 2.0, 4.0)
AIDR_SPEEDS_M_S = (2.0, 2.0, 2.0, 2.0, 4.0)
AIDR_UNIT_DISCHARGES = (0.3, 0.6, 0.6, 1.0, 4.0)  # [m2 s-1]
AIDR_MEANING = {
    1: "generally safe for people, vehicles and buildings",
    2: "unsafe for small vehicles",
    3: "unsafe for vehicles, children and the elderly",
    4: "unsafe for people and vehicles",
    5: "unsafe for people and vehicles; all buildings vulnerable, less robust ones fail",
    6: "unsafe for people and vehicles; all building types considered vulnerable to failure",
}


def aidr_class(
    depth_m: ArrayLike, speed_m_s: ArrayLike, unit_discharge: ArrayLike
) -> NDArray[np.int8]:
    """Return the AIDR class 1 to 6 (H1 to H6); 0 where dry, -1 where anything is NaN.

    Because a class is passed when *any* of its limits is, the class of the greatest depth,
    greatest speed and greatest simultaneous depth x speed is the greatest class over time.
    """
    depth = np.asarray(depth_m, float)
    beyond = np.maximum(
        _classes(depth, AIDR_DEPTHS_M, right=True), _classes(speed_m_s, AIDR_SPEEDS_M_S, right=True)
    )
    beyond = np.maximum(beyond, _classes(unit_discharge, AIDR_UNIT_DISCHARGES, right=True))
    known = ~(np.isnan(depth) | np.isnan(np.asarray(speed_m_s, float)))
    known &= ~np.isnan(np.asarray(unit_discharge, float))
    wet = np.where(depth > 0, 1 + beyond, 0)
    return np.where(known, wet, -1).astype(np.int8)
