"""Paper, scales and the frame: where a point of the ground lies on the sheet, in millimetres.

All papers lie landscape. The map frame stands left, a column with title, legend and locator
right of it; ``docs/models/reservation.md`` says which scale is chosen.
"""

from dataclasses import dataclass

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import Extent
from layers.errors import UserFacingError
from layers.numbers import number

SCALES = (500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000, 200_000)
# The land takes at most this share of the frame, so that its neighbours are on the sheet too.
LARGEST_SHARE = 0.6
MM_PER_M = 1_000.0
# Millimetres between the steps of the grid: near enough to measure from, far enough to read.
NARROWEST_GRID_MM = 40.0


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of ISO 216 lying landscape [mm], and the sizes that suit its reading distance."""

    name: str
    width_mm: float
    height_mm: float
    margin_mm: float
    column_mm: float
    text_pt: float
    legend_rows: int  # entries the column has room for; the rest goes to the next page

    @property
    def frame_mm(self) -> tuple[float, float]:
        """Width and height of the map frame; labels of the grid stand outside it."""
        return (
            self.width_mm - 2 * self.margin_mm - self.column_mm - 2 * self.band_mm - self.gap_mm,
            self.height_mm - 2 * self.margin_mm - 2 * self.band_mm - self.foot_mm,
        )

    @property
    def band_mm(self) -> float:
        """The band around the frame that carries the coordinates."""
        return self.text_pt * 0.62

    @property
    def gap_mm(self) -> float:
        """Between the map and the column."""
        return 3.0

    @property
    def foot_mm(self) -> float:
        """The line at the foot of every page."""
        return self.text_pt * 0.9

    @property
    def bottom_mm(self) -> float:
        """The margin below, with the line at the foot in it."""
        return self.margin_mm + self.foot_mm

    @property
    def map_mm(self) -> tuple[float, float]:
        """Width and height of the map with the band around it."""
        width, height = self.frame_mm
        return width + 2 * self.band_mm, height + 2 * self.band_mm


PAPERS = {
    paper.name: paper
    for paper in (
        Paper("A4", 297, 210, 8, 84, 5.4, 14),
        Paper("A3", 420, 297, 10, 112, 7.4, 20),
        Paper("A1", 841, 594, 15, 190, 11.5, 26),
        Paper("A0", 1189, 841, 20, 265, 16.0, 26),
    )
}


@dataclass(frozen=True, slots=True)
class Frame:
    """The ground a sheet shows and its place on the paper, exactly to scale.

    Paper coordinates count from the frame's north-west corner: x right, y down [mm].
    """

    west_m: float
    north_m: float
    width_mm: float
    height_mm: float
    scale: int

    @property
    def ground(self) -> Extent:
        """West, south, east and north edge [m]."""
        return (
            self.west_m,
            self.north_m - self.height_mm * self.scale / MM_PER_M,
            self.west_m + self.width_mm * self.scale / MM_PER_M,
            self.north_m,
        )

    @property
    def outline(self) -> BaseGeometry:
        """The ground shown, as a rectangle [m]."""
        return shapely.box(*self.ground)

    @property
    def grid_step_m(self) -> int:
        """Metres between grid lines: 1, 2 or 5 times a power of ten."""
        smallest = NARROWEST_GRID_MM * self.scale / MM_PER_M
        power = 10 ** int(np.floor(np.log10(smallest)))
        return int(next(power * n for n in (1, 2, 5, 10) if power * n >= smallest))

    def place(self, x_m: float, y_m: float) -> tuple[float, float]:
        """Return where a point of the ground lies on the paper [mm]."""
        return (
            (x_m - self.west_m) * MM_PER_M / self.scale,
            (self.north_m - y_m) * MM_PER_M / self.scale,
        )

    def on_paper(self, shapes: BaseGeometry) -> BaseGeometry:
        """Return a geometry in paper millimetres, cut at the neatline."""
        cut = shapely.intersection(shapes, self.outline)
        placed: BaseGeometry = shapely.transform(
            cut, lambda xy: (xy - (self.west_m, self.north_m)) * (MM_PER_M / self.scale) * (1, -1)
        )
        return placed


def paper_named(name: str) -> Paper:
    """Return a paper by its name, or raise UserFacingError with those there are."""
    paper = PAPERS.get(name.strip().upper())
    if paper is None:
        raise UserFacingError(
            _("'%(name)s' is no paper for map sheets.") % {"name": name[:20]},
            remedy=_("Choose one of these: %(known)s.") % {"known": ", ".join(PAPERS)},
        )
    return paper


def frame_around(land: BaseGeometry, paper: Paper, scale: int | None = None) -> Frame:
    """Return the frame with the land in its middle, at a scale or at the largest that fits.

    Raises
    ------
    UserFacingError
        The scale is none of SCALES, or the land does not fit at it.
    """
    west, south, east, north = land.bounds
    size_m = (east - west, north - south)
    chosen = scale if scale is not None else _largest_scale(size_m, paper)
    if chosen not in SCALES:
        raise UserFacingError(
            _("1:%(scale)s is no scale for map sheets.") % {"scale": number(chosen)},
            remedy=_("Choose one of these: %(known)s.") % {"known": _list(SCALES)},
        )
    if not _fits(size_m, paper, chosen, share=1.0):
        raise UserFacingError(
            _("At 1:%(scale)s the land does not fit on %(paper)s.")
            % {"scale": number(chosen), "paper": paper.name},
            remedy=_("Choose 1:%(scale)s or a larger paper.")
            % {"scale": number(_largest_scale(size_m, paper))},
        )
    width, height = paper.frame_mm
    return Frame(
        west_m=(west + east) / 2 - width * chosen / MM_PER_M / 2,
        north_m=(south + north) / 2 + height * chosen / MM_PER_M / 2,
        width_mm=width,
        height_mm=height,
        scale=chosen,
    )


def _fits(size_m: tuple[float, float], paper: Paper, scale: int, *, share: float) -> bool:
    pairs = zip(size_m, paper.frame_mm, strict=True)
    return all(size * MM_PER_M / scale <= room * share for size, room in pairs)


def _largest_scale(size_m: tuple[float, float], paper: Paper) -> int:
    for scale in SCALES:
        if _fits(size_m, paper, scale, share=LARGEST_SHARE):
            return scale
    raise UserFacingError(
        _("The land is too large for %(paper)s at every scale.") % {"paper": paper.name},
        remedy=_("Choose a larger paper."),
    )


def _list(scales: tuple[int, ...]) -> str:
    return ", ".join(f"1:{number(scale)}" for scale in scales)
