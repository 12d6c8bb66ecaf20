"""The rain over time as bars, computed here so that the page needs no chart library."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from layers.numbers import general, number

WIDTH, HEIGHT = 720, 220  # of the drawing area
LEFT, RIGHT, BOTTOM = 56, 24, 36  # room for the labels of the axes
WIDEST_LABEL_COUNT = 6

# Steps that people count in: 1, 2 or 5 times a power of ten; hours by the clock.
ROUND_STEPS = (1.0, 2.0, 5.0, 10.0)
CLOCK_MINUTES = (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)


@dataclass(frozen=True, slots=True)
class Bar:
    """One block of rain; coordinates as text, because a page's number format must not reach SVG."""

    x: str
    y: str
    width: str
    height: str
    label: str  # read by screen readers and on hover


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    place: str
    label: str


@dataclass(frozen=True, slots=True)
class RainChart:
    """A hyetograph: intensity [mm/h] over time [min]."""

    bars: tuple[Bar, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    total_mm: str
    peak_mm_h: str
    width: int = WIDTH + LEFT + RIGHT
    height: int = HEIGHT + BOTTOM
    left: int = LEFT
    base: int = HEIGHT


def rain_chart(ends_s: Sequence[float], depths_mm: Sequence[float]) -> RainChart | None:
    """Return the chart of a hyetograph, or None when there is no rain."""
    if not ends_s or not any(depths_mm):
        return None
    edges = [0.0, *ends_s]
    rates = [
        depth / (end - start) * 3600
        for depth, (start, end) in zip(depths_mm, pairwise(edges), strict=True)
    ]
    top = _rounded_up(max(rates))
    bars = [
        _bar(start, end, rate, (ends_s[-1], top))
        for rate, (start, end) in zip(rates, pairwise(edges), strict=True)
    ]
    return RainChart(
        bars=tuple(bars),
        x_ticks=tuple(_x_ticks(ends_s[-1])),
        y_ticks=tuple(_y_ticks(top)),
        total_mm=number(sum(depths_mm), 1),
        peak_mm_h=number(max(rates), 0),
    )


def _bar(start_s: float, end_s: float, rate: float, scale: tuple[float, float]) -> Bar:
    duration_s, top = scale
    height = rate / top * HEIGHT
    return Bar(
        x=f"{LEFT + start_s / duration_s * WIDTH:.2f}",
        y=f"{HEIGHT - height:.2f}",
        width=f"{max((end_s - start_s) / duration_s * WIDTH - 0.5, 0.5):.2f}",
        height=f"{height:.2f}",
        label=f"{general(start_s / 60)}–{general(end_s / 60)} min: {number(rate, 1)} mm/h",
    )


def _rounded_up(value: float) -> float:
    power = 1.0
    while power * 10 < value:
        power *= 10
    while power > value:
        power /= 10
    return next(step * power for step in ROUND_STEPS if step * power >= value)


def _y_ticks(top: float) -> list[Tick]:
    return [Tick(f"{HEIGHT - share * HEIGHT:.2f}", general(share * top)) for share in (0, 0.5, 1)]


def _x_ticks(duration_s: float) -> list[Tick]:
    minutes = duration_s / 60
    step = next((m for m in CLOCK_MINUTES if minutes / m <= WIDEST_LABEL_COUNT), minutes)
    count = int(minutes / step)
    return [
        Tick(f"{LEFT + k * step / minutes * WIDTH:.2f}", _hours(k * step)) for k in range(count + 1)
    ]


def _hours(minutes: float) -> str:
    return f"{int(minutes) // 60}:{int(minutes) % 60:02d}"
