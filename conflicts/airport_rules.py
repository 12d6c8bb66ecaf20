"""Rules about the obstacle limitation surfaces over an airport (ICAO Annex 14, chapter 4)."""

import math
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import ClassVar

from django.utils.translation import gettext as _

from conflicts.errors import RuleFieldError
from conflicts.rule_parts import (
    GREATEST_DISTANCE_M,
    PairRule,
    require_between,
    require_positive,
)
from conflicts.vocab import ObstacleSurface

# Slopes of the surfaces that are not asked, since the table lacks their widths: they only say where
# nobody can tell. fixtures/reference/airport_ols.csv, general knowledge, to be checked by the city.
TRANSITIONAL_SLOPE = 0.143
TAKE_OFF_SLOPE = 0.02


def _require_not_negative(field: str, value: float) -> None:
    if not (value >= 0 and math.isfinite(value)):
        raise RuleFieldError(
            field,
            _("must be 0 or more."),
            remedy=_("Give 0 or a number above 0."),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class RingSurface:
    """A surface around the runway, from one distance of it to another [m].

    It begins ``height_m`` above the aerodrome elevation and rises by ``slope`` (metres per metre)
    outward. What is no higher above its own ground than ``counts_above_m`` does not count.
    """

    surface: ObstacleSurface
    to_m: float
    height_m: float
    from_m: float = 0.0
    slope: float = 0.0
    counts_above_m: float = 0.0

    def __post_init__(self) -> None:
        require_between("to_m", self.to_m, GREATEST_DISTANCE_M)
        for name in ("height_m", "from_m", "slope", "counts_above_m"):
            _require_not_negative(name, getattr(self, name))
        if self.from_m >= self.to_m:
            raise RuleFieldError(
                "from_m", _("is not less than to_m."), remedy=_("Exchange the two.")
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproachSection:
    """One part of the approach surface: how long it is [m] and how it rises (metres per metre)."""

    length_m: float
    slope: float

    def __post_init__(self) -> None:
        require_between("length_m", self.length_m, GREATEST_DISTANCE_M)
        _require_not_negative("slope", self.slope)


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproachSurface:
    """The surface before each end of the runway: it widens by ``divergence`` on either side."""

    inner_edge_m: float
    from_threshold_m: float
    divergence: float
    sections: tuple[ApproachSection, ...]

    def __post_init__(self) -> None:
        require_positive("inner_edge_m", self.inner_edge_m)
        for name in ("from_threshold_m", "divergence"):
            _require_not_negative(name, getattr(self, name))
        if not self.sections:
            raise RuleFieldError("sections", _("is empty."), remedy=_("Give at least one section."))

    @property
    def length_m(self) -> float:
        """How far it reaches from its inner edge [m]."""
        return sum(section.length_m for section in self.sections)

    @property
    def profile(self) -> list[tuple[float, float, float]]:
        """Where each section begins [m], how high above the threshold [m], and its slope."""
        begins = [0.0, *accumulate(section.length_m for section in self.sections)]
        rises = [section.length_m * section.slope for section in self.sections]
        heights = [0.0, *accumulate(rises)]
        slopes = [section.slope for section in self.sections]
        return list(zip(begins, heights, slopes, strict=False))


@dataclass(frozen=True, kw_only=True, slots=True)
class ObstacleLimitation(PairRule):
    """Structures (subject) stay below the obstacle limitation surfaces of a runway (object).

    The lowest surface at a place counts. The top of a structure is its ``ground_attribute`` (the
    ground's elevation) and ``height_attribute`` together; the aerodrome's elevation is stated by
    the runway (``elevation_attribute``); all in metres, both elevations above the same sea level.
    """

    kind: ClassVar[str] = "obstacle_limitation"

    surfaces: tuple[RingSurface, ...]
    approach: ApproachSurface | None = None
    height_attribute: str = "height_m"
    ground_attribute: str = "ground_m"
    elevation_attribute: str = "elevation_m"

    def __post_init__(self) -> None:
        PairRule.__post_init__(self)
        if not self.surfaces:
            raise RuleFieldError("surfaces", _("is empty."), remedy=_("Give at least one surface."))
        for inner, outer in pairwise(sorted(self.surfaces, key=lambda ring: ring.from_m)):
            edge_m = inner.height_m + inner.slope * (inner.to_m - inner.from_m)
            if outer.from_m < inner.to_m or outer.height_m < edge_m:
                raise RuleFieldError(
                    "surfaces",
                    _("the rings must follow each other outward, none lower than the one before."),
                    remedy=_("Give each ring the distance and height at which the last one ends."),
                )

    @property
    def inner_top_m(self) -> float:
        """How high above the aerodrome the surface nearest to the runway begins [m]."""
        return min(self.surfaces, key=lambda ring: ring.from_m).height_m

    @property
    def reach_m(self) -> float:
        """How far from the runway any surface reaches [m]."""
        rings = [ring.to_m for ring in self.surfaces]
        if self.approach is None:
            return max(rings)
        along = self.approach.from_threshold_m + self.approach.length_m
        half = self.approach.inner_edge_m / 2 + self.approach.divergence * self.approach.length_m
        return max(*rings, math.hypot(along, half))
