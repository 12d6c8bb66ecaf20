"""Design storms: from a table of 24-hour rain to a hyetograph. Pure functions, no files.

Depths are in mm, durations in hours, steps of a hyetograph in seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.translation import gettext as _

from layers import numbers
from scenarios.errors import StormError, listed

HOURS_OF_TABLE = 24.0
SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, kw_only=True, slots=True)
class RatioForm:
    """How rain of shorter durations follows from that of 24 h: ``b`` [h] and ``n`` [-]."""

    b_h: float
    n: float

    def share_of_24h(self, duration_h: float) -> float:
        """Return ``RR(t) = (t/24) ((b + 24)/(b + t))^n``; RR(24) = 1.

        Raises
        ------
        StormError
            The duration is not within 0 to 24 h, where the form was fitted.
        """
        if not 0 < duration_h <= HOURS_OF_TABLE:
            raise StormError(
                _("A storm of %(duration_h)s h is outside what 24-hour tables describe.")
                % {"duration_h": numbers.general(duration_h)},
                remedy=_("Give a duration above 0 and up to 24 hours."),
            )
        stretched = (self.b_h + HOURS_OF_TABLE) / (self.b_h + duration_h)
        return float(duration_h / HOURS_OF_TABLE * stretched**self.n)


@dataclass(frozen=True, kw_only=True, slots=True)
class DesignRain:
    """The 24-hour design rain of a place by return period, with where it comes from."""

    code: str
    title_en: str
    title_km: str
    rain_24h_mm: Mapping[float, float]  # by return period [years]
    ratio: RatioForm
    basis: str
    source: str

    def depth_24h_mm(self, return_period_years: float) -> float:
        """Return the depth of 24 h; a return period the table does not hold is refused.

        Raises
        ------
        StormError
            Names the return periods the table holds: nothing is interpolated.
        """
        for years, depth in self.rain_24h_mm.items():
            if years == return_period_years:
                return depth
        held = listed(f"{years:g}" for years in sorted(self.rain_24h_mm))
        raise StormError(
            _(
                "The table '%(code)s' has no rain for a return period of "
                "%(return_period_years)s years."
            )
            % {"code": self.code, "return_period_years": numbers.general(return_period_years)},
            remedy=_("Choose one of those it holds: %(held)s.") % {"held": held},
        )

    def depth_mm(self, duration_h: float, return_period_years: float) -> float:
        """Return the rain depth of a duration: ``RR(t) × depth(24 h, T)``."""
        return self.ratio.share_of_24h(duration_h) * self.depth_24h_mm(return_period_years)


@dataclass(frozen=True, kw_only=True, slots=True)
class Hyetograph:
    """Rain over time: ``depths_mm[i]`` falls until ``ends_s[i]``, evenly since the end before."""

    ends_s: tuple[float, ...]
    depths_mm: tuple[float, ...]

    @property
    def total_mm(self) -> float:
        """Rain depth of the whole event [mm]."""
        return sum(self.depths_mm)

    @property
    def duration_s(self) -> float:
        """When the rain ends [s]."""
        return self.ends_s[-1]

    @property
    def edges_s(self) -> tuple[float, ...]:
        """The beginnings and the end of the blocks [s]."""
        return (0.0, *self.ends_s)

    @property
    def intensities_mm_h(self) -> tuple[float, ...]:
        """Intensity of each block [mm/h]."""
        lengths = [end - start for start, end in pairwise(self.edges_s)]
        return tuple(
            depth / length * SECONDS_PER_HOUR
            for depth, length in zip(self.depths_mm, lengths, strict=True)
        )

    def scaled(self, factor: float) -> "Hyetograph":
        """Return the event with every depth multiplied, as a changed climate asks."""
        return replace(self, depths_mm=tuple(depth * factor for depth in self.depths_mm))


def step_count(duration_h: float, step_min: float) -> int:
    """Return how many steps a storm has; the step must divide the duration.

    Raises
    ------
    StormError
        The duration is not a whole number of steps.
    """
    count = round(duration_h * 60 / step_min) if step_min > 0 else 0
    if count < 1 or abs(count * step_min - duration_h * 60) > 1e-6 * step_min:
        raise StormError(
            _("%(duration_h)s h cannot be divided into steps of %(step_min)s min.")
            % {"duration_h": numbers.general(duration_h), "step_min": numbers.general(step_min)},
            remedy=_("Give a step that divides the duration, e.g. 5 min."),
        )
    return count


def alternating_block(
    rain: DesignRain, return_period_years: float, duration_h: float, step_min: float
) -> Hyetograph:
    """Return the storm whose every centred duration has its own design depth.

    The increments of ``depth(t)`` are laid down from the largest: the peak in the centre, the
    next to its right, the next to its left. The peak block is thus the design depth of one
    step, and the sum that of the whole duration.

    References
    ----------
    Chow, Maidment & Mays (1988), Applied Hydrology, section 14.4.
    """
    count = step_count(duration_h, step_min)
    step_h = duration_h / count
    until = [0.0] + [
        rain.depth_mm(min(step_h * (k + 1), duration_h), return_period_years) for k in range(count)
    ]
    largest_first = sorted((after - before for before, after in pairwise(until)), reverse=True)
    depths = [0.0] * count
    for place, depth in zip(centre_outwards(count), largest_first, strict=True):
        depths[place] = depth
    return _even(depths, duration_h)


def centre_outwards(count: int) -> list[int]:
    """Return the places 0 to count - 1 from the centre: first, right, left, right, ..."""
    centre = (count - 1) // 2
    places = [centre]
    for offset in range(1, count // 2 + 1):
        places += [centre + offset, centre - offset]
    return [place for place in places if 0 <= place < count]


def block(
    rain: DesignRain, return_period_years: float, duration_h: float, step_min: float
) -> Hyetograph:
    """Return a storm of one intensity throughout."""
    count = step_count(duration_h, step_min)
    total = rain.depth_mm(duration_h, return_period_years)
    return _even([total / count] * count, duration_h)


def triangle(
    rain: DesignRain, return_period_years: float, duration_h: float, step_min: float
) -> Hyetograph:
    """Return a storm that rises to twice its mean intensity at half time and falls again."""
    count = step_count(duration_h, step_min)
    total = rain.depth_mm(duration_h, return_period_years)
    fallen = [total * _triangle_share(k / count) for k in range(count + 1)]
    return _even([after - before for before, after in pairwise(fallen)], duration_h)


def _triangle_share(time_share: float) -> float:
    """Share of a triangular storm fallen by a share of its duration (peak at one half)."""
    if time_share <= 0.5:  # noqa: PLR2004 - half time
        return 2 * time_share**2
    return 1 - 2 * (1 - time_share) ** 2


def steady_rain(depth_mm: float, duration_h: float) -> Hyetograph:
    """Return rain of one intensity from the beginning on."""
    return Hyetograph(ends_s=(duration_h * SECONDS_PER_HOUR,), depths_mm=(depth_mm,))


def _even(depths_mm: Sequence[float], duration_h: float) -> Hyetograph:
    length_s = duration_h * SECONDS_PER_HOUR
    count = len(depths_mm)
    ends = tuple(length_s * (k + 1) / count for k in range(count))
    return Hyetograph(ends_s=ends, depths_mm=tuple(depths_mm))


PATTERNS = {"alternating_block": alternating_block, "block": block, "triangle": triangle}
