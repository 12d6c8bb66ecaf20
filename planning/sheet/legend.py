"""The legend: only what is on the sheet, each with the very look it has on the map."""

from dataclasses import dataclass, replace

import shapely
from django.utils.safestring import SafeString

from layers.paper.drawing import Style, drawn, hatch, joined
from planning.reservations import RESERVATION_LAYER
from planning.sentences import Said, said
from planning.sheet.content import Ground, ShownLayer

SAMPLE_MM = (9.0, 4.0)
LAND_OUTLINE = Style(stroke="#000000", width_mm=0.8)
LAND_HATCH = Style(stroke="#b3261e", width_mm=0.16)
HATCH_SPACING_MM = 2.2
SAMPLE_HATCH_MM = 1.1
LINE_KINDS = {"LineString", "MultiLineString"}


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sample of 9 mm by 4 mm and what it stands for."""

    sample: SafeString
    text: Said


def legend_of(ground: Ground) -> list[LegendEntry]:
    """Return the entries in the order a reader looks for them: the land first."""
    entries = [_land_entry(), _point_entry()]
    for shown in reversed(ground.layers):
        entries.extend(_entries(shown))
    return entries


def zone_style(style: Style, colour: str) -> Style:
    """Return the look of a zone: its class's colour, light enough to read on."""
    return replace(style, fill=colour)


def _land_entry() -> LegendEntry:
    box = _sample_box()
    sample = joined([drawn(hatch(box, SAMPLE_HATCH_MM), LAND_HATCH), drawn(box, LAND_OUTLINE)])
    return LegendEntry(sample, said("Reserved land"))


def _point_entry() -> LegendEntry:
    dot = shapely.Point(SAMPLE_MM[0] / 2, SAMPLE_MM[1] / 2).buffer(0.7)
    sample = drawn(dot, Style(fill="#ffffff", stroke="#000000", width_mm=0.25))
    return LegendEntry(sample, said("Boundary point with its number"))


def _entries(shown: ShownLayer) -> list[LegendEntry]:
    style = shown.role.style
    if not shown.role.has_class_fill:
        is_line = all(feature.shape.geom_type in LINE_KINDS for feature in shown.features)
        shape = _sample_line() if is_line else _sample_box()
        other = shown.role.slug == RESERVATION_LAYER
        return [
            LegendEntry(drawn(shape, style), said("Other reservation") if other else shown.title)
        ]
    classes = {f.class_code: f for f in shown.features if not f.shape.is_empty}
    return [
        LegendEntry(
            drawn(_sample_box(), zone_style(style, feature.colour)),
            {language: f"{code}  {text}" for language, text in feature.class_name.items()},
        )
        for code, feature in sorted(classes.items())
    ]


def _sample_box() -> shapely.Polygon:
    return shapely.box(0.5, 0.5, SAMPLE_MM[0] - 0.5, SAMPLE_MM[1] - 0.5)


def _sample_line() -> shapely.LineString:
    return shapely.LineString([(0.5, SAMPLE_MM[1] / 2), (SAMPLE_MM[0] - 0.5, SAMPLE_MM[1] / 2)])
