"""The arrays of a run and the numbers of a step, bundled for the compiled kernels.

Named tuples, because that is the record type Numba compiles. All arrays of a run share one
floating type ("the state's precision").
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    type Real = Any  # a number of the state's precision
    type Array = NDArray[Any]
    type Bits = Any  # an unsigned integer as wide as the state's floats
    type RootGuess = tuple[Bits, int]

GRAVITY = 9.81  # [m s-2]
DRY_DEPTH_M = 1e-5  # a face with less water than this above its sill carries none
WALL_LEVEL_M = 1e6  # bed of a wall: above any terrain, exact in single precision
LIMITER_MARGIN = 1e-5  # share a cell keeps back, so that rounding cannot take it below zero

# Exponent-bit guess of x^(-1/3) and how many third-order rounds polish it to full precision.
# The constants are those of the fast inverse square root, worked out for the cube root.
ROOT_GUESS: dict[str, RootGuess] = {
    "float32": (np.uint32(0x54A21D2A), 2),
    "float64": (np.uint64(0x553EF0FF289DD796), 3),
}


class Coefficients(NamedTuple):
    """The numbers of one time step, all of the state's precision."""

    zero: Any
    half: Any
    one: Any
    dry: Any  # DRY_DEPTH_M
    beside: Any  # spread of discharge along the flow per root of depth [m-1/2]
    g_dt: Any  # g dt [m s-1]
    g_dt_dx: Any  # g dt / dx [s-1]
    dt_dx: Any  # dt / dx [s m-1]
    margin: Any  # 1 - LIMITER_MARGIN
    tiny: Any  # smallest number the limiter divides by
    speed_cap: Any  # [m s-1]
    rain: Any  # gross rain of this step [m]
    now: Any  # time at the end of this step [s]
    arrival_depth: Any  # [m]
    speed_depth: Any  # below this depth no speed is recorded [m]
    gravity: Any  # [m s-2]
    fast: Any  # debris factor: speed from which water counts as deep [m s-1]
    mid_depth: Any  # debris factor: its two depth limits [m]
    deep_depth: Any
    debris_shallow: Any  # debris factor in shallow, middling and deep water [-]
    debris_mid: Any
    debris_deep: Any
    polish_0: Any  # 14/9, 7/9, 2/9: third-order iteration for the inverse cube root
    polish_1: Any
    polish_2: Any


class Flow(NamedTuple):
    """Discharge per metre of face [m2 s-1]."""

    x: Array  # (rows, cols + 1), positive eastward; face j is west of cell j
    y: Array  # (rows + 1, cols), positive southward; face i is north of row i


class Water(NamedTuple):
    """What a step advances."""

    depth: Array  # [m]
    depth_bits: Array  # the same memory read as unsigned integers
    carry: Array  # owed to each cell: this step's inflow, and what rounding kept back [m]
    scale: Array  # (rows + 2, cols + 2): share of its outflow a cell can pay; the rim is 1


class Ground(NamedTuple):
    """What does not change during a run."""

    bed: Array  # [m above the run's own datum]
    roughness: Array  # Manning's n [s m-1/3]
    rain_share: Array  # net rain per gross rain [-]


class Peaks(NamedTuple):
    """The running maxima of each cell."""

    depth: Array  # [m]
    time: Array  # of the greatest depth [s]
    arrival: Array  # first time deeper than arrival_depth [s]; infinite where never
    unit_discharge: Array  # depth x speed at the same moment [m2 s-1]
    speed: Array  # [m s-1]
    hazard: Array  # Defra hazard rating
    froude_squared: Array  # [-]


class Scratch(NamedTuple):
    """Working rows; ``_bits`` are the same memory read as unsigned integers."""

    face_depth: Array
    face_depth_bits: Array
    inverse_root: Array
    inverse_root_bits: Array
    unit_discharge: Array
    speed: Array


def unsigned_like(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the unsigned integer type as wide as a floating type."""
    return np.dtype(f"u{dtype.itemsize}")


def empty_water(depth: Array) -> Water:
    """Return the state that starts from ``depth`` [m], which it takes over (no copy)."""
    rows, cols = depth.shape
    return Water(
        depth=depth,
        depth_bits=depth.view(unsigned_like(depth.dtype)),
        carry=np.zeros_like(depth),
        scale=np.ones((rows + 2, cols + 2), depth.dtype),
    )


def still_flow(rows: int, cols: int, dtype: np.dtype[Any]) -> Flow:
    """Return the discharge of water at rest."""
    return Flow(x=np.zeros((rows, cols + 1), dtype), y=np.zeros((rows + 1, cols), dtype))


def first_peaks(depth: Array, arrival_depth_m: float) -> Peaks:
    """Return the maxima at time 0: the initial depth, nothing moving."""
    arrival = np.where(depth > arrival_depth_m, 0.0, np.inf).astype(depth.dtype)
    still = [np.zeros_like(depth) for _ in range(5)]
    return Peaks(depth.copy(), still[0], arrival, still[1], still[2], still[3], still[4])


def scratch_rows(cols: int, dtype: np.dtype[Any]) -> Scratch:
    """Return working rows for a grid ``cols`` wide."""
    face_depth, inverse_root = np.ones(cols + 1, dtype), np.ones(cols + 1, dtype)
    unsigned = unsigned_like(dtype)
    return Scratch(
        face_depth=face_depth,
        face_depth_bits=face_depth.view(unsigned),
        inverse_root=inverse_root,
        inverse_root_bits=inverse_root.view(unsigned),
        unit_discharge=np.zeros(cols, dtype),
        speed=np.zeros(cols, dtype),
    )


def wet_spans(wet: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return ``(first, end)`` of the wet columns of each row; ``(cols, 0)`` where a row is dry."""
    cols = wet.shape[1]
    any_wet = wet.any(axis=1)
    first = np.where(any_wet, wet.argmax(axis=1), cols)
    end = np.where(any_wet, cols - wet[:, ::-1].argmax(axis=1), 0)
    return np.stack([first, end], axis=1).astype(np.int64)
