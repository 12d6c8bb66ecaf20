"""Sites: squares of the size asked for on the best ground there is, ranked by stated criteria."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from conflicts.siting.cells import Cells, Mask
from conflicts.siting.verdicts import Verdicts
from conflicts.siting.vocab import Criterion, Siting

MOST_SITES = 10
# The better grounds are used up before the next is looked at: (verdict, what is known).
GROUNDS: Sequence[tuple[Siting, Siting]] = (
    (Siting.ALLOWED, Siting.ALLOWED),
    (Siting.CANNOT_TELL, Siting.ALLOWED),
    (Siting.CONDITIONAL, Siting.CONDITIONAL),
    (Siting.CANNOT_TELL, Siting.CONDITIONAL),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One criterion on the cells of the city, where known (NaN: unknown), and its weight.

    Less is better unless ``more_is_better``; a site counts with the mean of its cells.
    """

    criterion: Criterion
    values: NDArray[np.float64]
    weight: float
    more_is_better: bool = False
    limit: float | None = None  # a mean that is worse is no site


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A place that fits: its north-west cell, how many cells a side, what it stands on."""

    row: int
    col: int
    side: int
    verdict: Siting
    known: Siting
    values: Mapping[Criterion, float]  # a criterion nobody could measure here is missing
    score: float  # 0 to 1 among all places that fit on such ground; 1 is best
    room_m2: float  # of the ground it is a part of


def cells_a_side(area_m2: float, size_m: float) -> int:
    """Return how many cells a side a square of at least this area has."""
    return max(1, int(np.ceil(np.sqrt(area_m2) / size_m - 1e-9)))


def find_sites(
    verdicts: Verdicts, cells: Cells, area_m2: float, measures: Sequence[Measure]
) -> list[Site]:
    """Return up to ``MOST_SITES`` squares that do not overlap, best ground and best score first."""
    side = cells_a_side(area_m2, cells.size_m)
    if side > min(cells.shape):
        return []
    means = [_window_mean(measure.values, side) for measure in measures]
    free = np.ones(cells.shape, np.bool_)
    found: list[Site] = []
    for verdict, known in GROUNDS:
        ground = (verdicts.verdict > 0) & (verdicts.known <= known.code)
        if verdict != Siting.CANNOT_TELL:
            ground &= verdicts.verdict != Siting.CANNOT_TELL.code
        fits = _fits(ground & free, side) & _bearable(measures, means)
        score = _score(measures, means, fits)
        rooms = _rooms(ground) * cells.size_m**2
        for row, col in _best(fits, score, side, MOST_SITES - len(found)):
            window = (slice(row, row + side), slice(col, col + side))
            free[window] = False
            found.append(
                Site(
                    row=row,
                    col=col,
                    side=side,
                    verdict=_worst(verdicts.verdict[window]),
                    known=_worst(verdicts.known[window]),
                    values=_values(measures, means, row, col),
                    score=float(score[row, col]),
                    room_m2=float(rooms[row, col]),
                )
            )
    return found


def _worst(codes: NDArray[np.uint8]) -> Siting:
    return list(Siting)[int(codes.max()) - 1]


def _values(
    measures: Sequence[Measure], means: Sequence[NDArray[np.float64]], row: int, col: int
) -> dict[Criterion, float]:
    pairs = zip(measures, means, strict=True)
    values = {measure.criterion: float(mean[row, col]) for measure, mean in pairs}
    return {criterion: value for criterion, value in values.items() if np.isfinite(value)}


def _sums(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return the sum over the square whose north-west cell each cell is."""
    total = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    total[1:, 1:] = values.cumsum(0).cumsum(1)
    south, north = total[side:], total[:-side]
    sums: NDArray[np.float64] = (
        south[:, side:] - north[:, side:] - south[:, :-side] + north[:, :-side]
    )
    return sums


def _window_mean(values: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Return the mean of each square; NaN where a part is unknown."""
    known = np.isfinite(values)
    sums = _sums(np.where(known, values, 0.0), side)
    whole = _sums(known.astype(float), side) == side**2
    return np.where(whole, sums / side**2, np.nan)


def _fits(ground: Mask, side: int) -> Mask:
    """Return the north-west cells of squares that lie wholly on this ground."""
    fits: Mask = _sums(ground.astype(float), side) == side**2
    return fits


def _bearable(measures: Sequence[Measure], means: Sequence[NDArray[np.float64]]) -> Mask:
    """Return where no criterion is worse than its limit; an unknown value does not pass."""
    bearable: Mask = np.ones(means[0].shape, np.bool_) if means else np.array(True)  # noqa: FBT003
    for measure, mean in zip(measures, means, strict=True):
        if measure.limit is not None:
            within = mean >= measure.limit if measure.more_is_better else mean <= measure.limit
            bearable &= within
    return bearable


def _score(
    measures: Sequence[Measure], means: Sequence[NDArray[np.float64]], fits: Mask
) -> NDArray[np.float64]:
    """Return the weighted mean of how good each place is between the worst and the best."""
    total, weights = np.zeros(fits.shape), 0.0
    for measure, mean in zip(measures, means, strict=True):
        known = mean[fits & np.isfinite(mean)]
        if not len(known) or not measure.weight:
            continue
        lowest, highest = float(known.min()), float(known.max())
        good = (mean - lowest) / (highest - lowest) if highest > lowest else np.ones(mean.shape)
        if highest > lowest and not measure.more_is_better:
            good = 1.0 - good
        total += measure.weight * np.where(np.isfinite(mean), good, 0.0)
        weights += measure.weight
    return total / weights if weights else total


def _best(
    fits: Mask, score: NDArray[np.float64], side: int, most: int
) -> Iterator[tuple[int, int]]:
    """Yield the places of the highest scores, none overlapping one before; ties from the north."""
    left = np.where(fits, score, -1.0)
    for _place in range(most):
        row, col = (int(part) for part in np.unravel_index(int(left.argmax()), left.shape))
        if left[row, col] < 0:
            return
        yield row, col
        top, west = max(0, row - side + 1), max(0, col - side + 1)
        left[top : row + side, west : col + side] = -1.0


def _rooms(ground: Mask) -> NDArray[np.float64]:
    """Return how many cells each connected part of the ground has, at each of its cells."""
    labels, _count = ndimage.label(ground)
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    rooms: NDArray[np.float64] = sizes[labels].astype(float)
    return rooms
