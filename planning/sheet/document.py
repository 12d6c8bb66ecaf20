"""The sheet as a PDF: the map drawn as paths, all that is written set by HarfBuzz, fonts inside."""

import math
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import override
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from layers.crs import PROJECT_SRID, crs_of
from layers.models import LayerVersion
from layers.numbers import day, number
from layers.paper.fonts import SheetFonts, fonts
from planning.models import LandReservation
from planning.sentences import Said, named, numbered, said
from planning.sheet.boundary import degrees_minutes_seconds
from planning.sheet.content import Ground, ground_in
from planning.sheet.facts import SheetFacts, facts_of
from planning.sheet.grid import corner_coordinates, grid_facts, grid_labels, scale_bar
from planning.sheet.kept import Printed, kept_or_printed, sheet_name
from planning.sheet.labels import LETTER_WIDTH, MM_PER_PT, Lettering, letter
from planning.sheet.legend import SAMPLE_MM, legend_of
from planning.sheet.map_drawing import draw_inset, draw_map
from planning.sheet.paper import Frame, Paper, frame_around, paper_named
from planning.sheet.words import standing_notes, watermark, words

TABLE_PT = 8
MOST_POINTS_BESIDE = 20  # more run over pages of their own, below the balance
FACTS_SHARE = 0.55  # of the column's width, for what stands right of a label
FEWEST_LEGEND_ROWS = 2
MOST_FURTHER_LINES = 6  # more are set smaller
BAR_SHARE = 0.36
INSET_SHARE = 0.5  # of the column's width
INSET_HEIGHT_SHARE = 0.36


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A printed sheet and what it took to print it."""

    pdf: bytes
    paper: Paper
    frame: Frame
    facts: SheetFacts
    pages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """A sheet that is set but not printed yet; the name changes with anything on it."""

    name: str
    html: str
    paper: Paper
    frame: Frame
    facts: SheetFacts


def set_sheet(reservation: LandReservation, *, paper: str, scale: int | None = None) -> Page:
    """Return the sheet of a reservation, Khmer first whoever prints it; public data only.

    Raises
    ------
    UserFacingError
        The paper or scale is unknown, the land does not fit, or the fonts are not installed.
    """
    chosen = paper_named(paper)
    facts = facts_of(reservation)
    frame = frame_around(facts.land, chosen, scale)
    with override("km"):
        html = render_to_string("planning/sheet/sheet.html", _context(facts, chosen, frame))
    return Page(name=sheet_name(html), html=html, paper=chosen, frame=frame, facts=facts)


def print_page(page: Page) -> Sheet:
    """Return a sheet that was set as a PDF: the one printed before, or a new one."""
    pdf, pages = kept_or_printed(page.name, lambda: _printed(page.html))
    return Sheet(pdf=pdf, paper=page.paper, frame=page.frame, facts=page.facts, pages=pages)


def print_sheet(reservation: LandReservation, *, paper: str, scale: int | None = None) -> Sheet:
    """Return the sheet of a reservation as a PDF; raises what ``set_sheet`` raises."""
    return print_page(set_sheet(reservation, paper=paper, scale=scale))


def _printed(html: str) -> Printed:
    document = HTML(string=html, url_fetcher=SheetFonts()).render(font_config=FontConfiguration())
    return document.write_pdf(), len(document.pages)


def _context(facts: SheetFacts, paper: Paper, frame: Frame) -> dict[str, Any]:
    ground = ground_in(frame, facts.reservation)
    lettering = letter(facts, ground, frame, paper)
    legend = legend_of(ground)
    further = _further_lines(facts, paper)
    room = max(FEWEST_LEGEND_ROWS, paper.legend_rows - 2 * further)
    return {
        "w": words(),
        "fonts": fonts(),
        "paper": paper,
        "table_paper": paper_named("A4" if paper.name == "A4" else "A3"),
        "table_pt": TABLE_PT,
        "beside": MOST_POINTS_BESIDE,
        "frame": frame,
        "band": paper.band_mm,
        "scale": f"1:{number(frame.scale)}",
        "facts": facts,
        "reservation": facts.reservation,
        "balance": facts.reservation.balance,
        "claimed_difference": _claimed_difference(facts.reservation),
        "watermark": watermark(facts.reservation.status),
        "map": draw_map(facts, ground, frame),
        "labels": lettering.placed,
        "grid_labels": grid_labels(frame),
        "corners": corner_coordinates(frame),
        "bar": _bar(frame, paper),
        "inset": _inset(frame, paper),
        "is_dense": further > MOST_FURTHER_LINES,
        "legend": legend[:room],
        "legend_rest": legend[room:],
        "sample": {"width": SAMPLE_MM[0], "height": SAMPLE_MM[1]},
        "crs": _crs_lines(frame),
        "notes": [*standing_notes(), *_notes(ground, lettering, withheld=facts.is_withheld)],
        "sources": _sources(facts, ground),
        "is_synthetic": facts.is_synthetic or any(s.is_synthetic for s in ground.layers),
        "class_name": _class_name(facts.reservation),
        "today": day(timezone.localdate()),
    }


def _further_lines(facts: SheetFacts, paper: Paper) -> int:
    """Return how many lines long texts take beyond their first: the legend yields them."""
    letters_a_line = paper.column_mm * FACTS_SHARE / (paper.text_pt * MM_PER_PT * LETTER_WIDTH)
    texts = [*facts.purpose.values(), facts.reservation.beneficiary, *facts.legal_basis.values()]
    texts += facts.released_by_decision.values()
    release_rows = 2 if facts.release else 0
    return release_rows + sum(math.ceil(len(text) / letters_a_line) - 1 for text in texts if text)


def _class_name(reservation: LandReservation) -> Said:
    use = reservation.purpose_class
    return named(use.name_km, use.name_en)


def _claimed_difference(reservation: LandReservation) -> Any:  # noqa: ANN401 - a Decimal or None
    claimed = reservation.claimed_area_m2
    return None if claimed is None else reservation.balance.reserved_area_m2 - claimed


def _bar(frame: Frame, paper: Paper) -> dict[str, Any]:
    """Return the scale bar: its divisions [mm] and what stands at their ends [m]."""
    step_m, count = scale_bar(frame.scale, paper.column_mm * BAR_SHARE)
    step_mm = step_m * 1_000 / frame.scale
    ends = [{"x": n * step_mm, "metres": number(n * step_m)} for n in range(count + 1)]
    return {"step": step_mm, "length": step_mm * count, "ends": ends, "blocks": ends[:-1:2]}


def _inset(frame: Frame, paper: Paper) -> dict[str, Any] | None:
    width, height = paper.column_mm * INSET_SHARE, paper.column_mm * INSET_HEIGHT_SHARE
    drawing = draw_inset(frame, width, height)
    if drawing is None:
        return None
    right = width + paper.text_pt * 0.8
    return {"drawing": drawing, "width": width, "height": height, "right": right}


def _crs_lines(frame: Frame) -> list[Said]:
    crs, grid = crs_of(PROJECT_SRID), grid_facts(frame)
    name = f"{crs.name}, EPSG:{PROJECT_SRID}"
    turn = degrees_minutes_seconds(abs(grid.convergence_deg))
    side = said("west") if grid.convergence_deg < 0 else said("east")
    return [
        named(name, name),
        said("Grid lines every %(step)s m", step=numbered(frame.grid_step_m)),
        said("Grid north lies %(turn)s %(side)s of true north.", turn=turn, side=side),
        said("Length on the ground = length on the grid / %(k)s", k=numbered(grid.scale_factor, 6)),
    ]


def _notes(ground: Ground, lettering: Lettering, *, withheld: bool) -> list[Said]:
    notes = [said("The parcels are not listed: their layer is not public.")] if withheld else []
    if ground.missing:
        names = ", ".join(ground.missing)
        notes.append(said("Not published, therefore not on this sheet: %(names)s", names=names))
    if ground.too_small:
        names = ", ".join(ground.too_small)
        notes.append(said("Too small to draw at this scale: %(names)s", names=names))
    if lettering.unplaced_points:
        count = lettering.unplaced_points
        notes.append(
            said("%(count)s boundary points lie too close to be numbered; see table", count=count)
        )
    if lettering.unplaced_parcels:
        names = ", ".join(lettering.unplaced_parcels)
        notes.append(said("No room for the numbers of parcels: %(names)s", names=names))
    return notes


def _sources(facts: SheetFacts, ground: Ground) -> list[LayerVersion]:
    drawn = {shown.version.pk: shown.version for shown in ground.layers if shown.version}
    stated = {version.pk: version for version in facts.sources}
    return sorted({**drawn, **stated}.values(), key=lambda version: version.layer.slug)
