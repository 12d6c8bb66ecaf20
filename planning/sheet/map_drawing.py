"""The drawing of the map: ground, reserved land, grid, and where in the city it lies."""

from dataclasses import replace

import shapely
from django.utils.safestring import SafeString
from shapely.geometry.base import BaseGeometry

from layers.models import Layer
from layers.paper.drawing import Style, drawn, hatch, joined
from layers.queries import current_features
from layers.vocab import Visibility
from planning.reservations import RESERVATION_LAYER
from planning.sheet.content import Ground, ShownLayer
from planning.sheet.facts import SheetFacts
from planning.sheet.grid import grid_marks
from planning.sheet.legend import HATCH_SPACING_MM, LAND_HATCH, LAND_OUTLINE, zone_style
from planning.sheet.paper import Frame

NEATLINE = Style(stroke="#000000", width_mm=0.5)
GRID = Style(stroke="#3a3a3a", width_mm=0.12)
DOT = Style(fill="#ffffff", stroke="#000000", width_mm=0.25)
DOT_MM = 0.6
# The first of these that is published says how far the city reaches.
CITY_LAYERS = ("sangkat", "zones")
INSET_AREA = Style(fill="#efece4", stroke="#8a8468", width_mm=0.12)
INSET_SEA = Style(fill="#d5e6ee", stroke="#4f7f99", width_mm=0.1)
INSET_FRAME = Style(stroke="#a3231a", width_mm=0.6)
SMALLEST_MARK_MM = 3.0
INSET_DETAIL_MM = 0.1


def draw_map(facts: SheetFacts, ground: Ground, frame: Frame) -> SafeString:
    """Return the paths of the map, from the ground up, in millimetres of the frame."""
    under = [s for s in ground.layers if s.role.slug != RESERVATION_LAYER]
    over = [s for s in ground.layers if s.role.slug == RESERVATION_LAYER]
    land = frame.on_paper(facts.land)
    whole = shapely.box(0, 0, frame.width_mm, frame.height_mm)
    return joined(
        [
            *(_layer(shown, frame) for shown in under + over),
            drawn(grid_marks(frame), GRID),
            drawn(hatch(land, HATCH_SPACING_MM), LAND_HATCH),
            drawn(land, LAND_OUTLINE),
            drawn(_dots(facts, frame), DOT),
            drawn(whole, NEATLINE),
        ]
    )


def draw_inset(frame: Frame, width_mm: float, height_mm: float) -> SafeString | None:
    """Return the city with the frame marked in it; None where no layer shows the city."""
    public = _public()
    slug = next((name for name in CITY_LAYERS if name in public), None)
    if slug is None:
        return None
    city = shapely.GeometryCollection([*_shapes(slug), frame.outline])
    inset = _frame_of(city, width_mm, height_mm)
    mark = inset.on_paper(frame.outline)
    if mark.length < 4 * SMALLEST_MARK_MM:
        mark = mark.centroid.buffer(SMALLEST_MARK_MM / 2)
    return joined(
        [
            *(drawn(_simple(s, inset), INSET_AREA) for s in _shapes(slug)),
            *(drawn(_simple(s, inset), INSET_SEA) for s in _shapes("sea") if "sea" in public),
            drawn(mark, INSET_FRAME),
            drawn(shapely.box(0, 0, width_mm, height_mm), replace(NEATLINE, width_mm=0.25)),
        ]
    )


def _public() -> set[str]:
    seen = Layer.objects.filter(visibility=Visibility.PUBLIC).exclude(published_number=None)
    return set(seen.values_list("slug", flat=True))


def _shapes(slug: str) -> list[BaseGeometry]:
    return [shapely.from_wkb(bytes(row.geometry.wkb)) for row in current_features(slug)]


def _simple(shape: BaseGeometry, inset: Frame) -> BaseGeometry:
    return inset.on_paper(shape).simplify(INSET_DETAIL_MM)


def _frame_of(city: BaseGeometry, width_mm: float, height_mm: float) -> Frame:
    west, south, east, north = city.bounds
    larger = max((east - west) / width_mm, (north - south) / height_mm) * 1_000
    scale = int(larger * 1.08) + 1
    middle = ((west + east) / 2, (south + north) / 2)
    return Frame(
        west_m=middle[0] - width_mm * scale / 2_000,
        north_m=middle[1] + height_mm * scale / 2_000,
        width_mm=width_mm,
        height_mm=height_mm,
        scale=scale,
    )


def _layer(shown: ShownLayer, frame: Frame) -> SafeString:
    """Draw a layer with one path a look: thousands of plots are as quick as ten."""
    looks: dict[Style, list[BaseGeometry]] = {}
    for feature in shown.features:
        style = shown.role.style
        look = zone_style(style, feature.colour) if shown.role.has_class_fill else style
        looks.setdefault(look, []).append(frame.on_paper(feature.shape))
    return joined(
        [drawn(shapely.GeometryCollection(shapes), look) for look, shapes in looks.items()]
    )


def _dots(facts: SheetFacts, frame: Frame) -> BaseGeometry:
    places = [frame.place(point.east_m, point.north_m) for point in facts.points]
    return shapely.MultiPolygon([shapely.Point(place).buffer(DOT_MM) for place in places])
