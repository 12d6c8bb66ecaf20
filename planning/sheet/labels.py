"""What is written on the map, and where. Labels are HTML over the drawing: HTML shapes Khmer."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import shapely
from shapely.geometry.base import BaseGeometry

from planning.sentences import in_language
from planning.sheet.boundary import BoundaryPoint
from planning.sheet.content import PARCELS, Ground, Shown
from planning.sheet.facts import SheetFacts
from planning.sheet.paper import Frame, Paper

MM_PER_PT = 25.4 / 72
# Mean advance of a letter and height of a line, in parts of the text size.
LETTER_WIDTH = 0.58
LINE_HEIGHT = 1.3
OUTLINE_CLEARANCE_MM = 0.8
# Where a point's number may stand: outward first, then around it [degrees].
TURNS = (0, 35, -35, 70, -70, 110, -110, 180)


@dataclass(frozen=True, slots=True)
class Label:
    """A text with its middle on the paper [mm from the frame's corner]."""

    text: str
    kind: str
    x_mm: float
    y_mm: float
    size_pt: float
    angle_deg: float = 0.0

    @property
    def box(self) -> BaseGeometry:
        """The paper the text covers, about."""
        size = self.size_pt * MM_PER_PT
        width, height = (len(self.text) + 1) * LETTER_WIDTH * size, LINE_HEIGHT * size
        turn = math.radians(self.angle_deg)
        across = abs(width * math.cos(turn)) + abs(height * math.sin(turn))
        down = abs(width * math.sin(turn)) + abs(height * math.cos(turn))
        x, y = self.x_mm, self.y_mm
        return shapely.box(x - across / 2, y - down / 2, x + across / 2, y + down / 2)


@dataclass(slots=True)
class Lettering:
    """The labels that found room; what found none is counted, not forgotten."""

    frame: Frame
    placed: list[Label] = field(default_factory=list)
    taken: list[BaseGeometry] = field(default_factory=list)
    unplaced_points: int = 0
    unplaced_parcels: list[str] = field(default_factory=list)

    def place_first(self, candidates: Iterator[Label] | list[Label]) -> bool:
        """Place the first candidate that covers no other label and stays in the frame."""
        sheet = shapely.box(0, 0, self.frame.width_mm, self.frame.height_mm)
        for label in candidates:
            box = label.box
            if sheet.contains(box) and not any(box.intersects(other) for other in self.taken):
                self.placed.append(label)
                self.taken.append(box)
                return True
        return False


def letter(facts: SheetFacts, ground: Ground, frame: Frame, paper: Paper) -> Lettering:
    """Return the labels of a sheet, the most needed first: corners, parcels taken, the rest."""
    lettering = Lettering(frame=frame, taken=_corners(frame, paper))
    _letter_points(lettering, facts, paper)
    _letter_taken_parcels(lettering, facts, paper)
    lettering.taken.append(frame.on_paper(facts.land).boundary.buffer(OUTLINE_CLEARANCE_MM))
    _letter_lines(lettering, ground, paper)
    _letter_areas(lettering, ground, paper)
    _letter_neighbours(lettering, facts, ground, paper)
    return lettering


def _corners(frame: Frame, paper: Paper) -> list[BaseGeometry]:
    """Return the paper kept free for the coordinates of the frame's corners."""
    width, height = paper.text_pt * 3.6, paper.text_pt * 0.95
    right, bottom = frame.width_mm, frame.height_mm
    return [
        shapely.box(x, y, x + width, y + height)
        for x in (0, right - width)
        for y in (0, bottom - height)
    ]


def _letter_points(lettering: Lettering, facts: SheetFacts, paper: Paper) -> None:
    land = lettering.frame.on_paper(facts.land)
    dots = [lettering.frame.place(point.east_m, point.north_m) for point in facts.points]
    for point, (x, y) in zip(facts.points, dots, strict=True):
        if not lettering.place_first(_around(point, (x, y), land, paper)):
            lettering.unplaced_points += 1


def _around(
    point: BoundaryPoint, dot: tuple[float, float], land: BaseGeometry, paper: Paper
) -> Iterator[Label]:
    middle = land.centroid
    outward = math.atan2(dot[1] - middle.y, dot[0] - middle.x)
    reach = paper.text_pt * 0.42 + len(point.name) * 0.35
    for turn in TURNS:
        angle = outward + math.radians(turn)
        x, y = dot[0] + reach * math.cos(angle), dot[1] + reach * math.sin(angle)
        yield Label(point.name, "point", x, y, paper.text_pt)


def _letter_taken_parcels(lettering: Lettering, facts: SheetFacts, paper: Paper) -> None:
    for parcel in facts.parcels:
        part = lettering.frame.on_paper(parcel.affected)
        places = [part.representative_point(), part.centroid] if not part.is_empty else []
        labels = [
            Label(parcel.number, "parcel taken", place.x, place.y, paper.text_pt * size)
            for size in (0.85, 0.7)
            for place in places
        ]
        if not lettering.place_first(labels):
            lettering.unplaced_parcels.append(parcel.number)


def _letter_neighbours(
    lettering: Lettering, facts: SheetFacts, ground: Ground, paper: Paper
) -> None:
    parcels = ground.layer(PARCELS)
    known = {parcel.stable_id for parcel in facts.parcels}
    for neighbour in parcels.features if parcels else []:
        shape = lettering.frame.on_paper(neighbour.shape)
        if neighbour.stable_id in known or shape.is_empty:
            continue
        place = shape.representative_point()
        label = Label(neighbour.number, "parcel", place.x, place.y, paper.text_pt * 0.7)
        if shape.area > label.box.area:
            lettering.place_first([label])


def _letter_lines(lettering: Lettering, ground: Ground, paper: Paper) -> None:
    for slug in ("roads", "waterways"):
        lines = ground.layer(slug)
        for shown in lines.features if lines else []:
            text = in_language(shown.name)
            shape = lettering.frame.on_paper(shown.shape)
            if text and not shape.is_empty:
                lettering.place_first(_along(text, slug, shape, paper))


def _along(text: str, kind: str, shape: BaseGeometry, paper: Paper) -> Iterator[Label]:
    """Yield places along the longest piece of a line, turned as it runs there."""
    longest = max(shapely.get_parts(shape), key=lambda part: part.length)
    if not isinstance(longest, shapely.LineString):
        return
    size = paper.text_pt * 0.85
    room = len(text) * LETTER_WIDTH * size * MM_PER_PT
    for share in (0.5, 0.3, 0.7, 0.15, 0.85):
        middle = longest.length * share
        if room < longest.length:
            start = longest.interpolate(max(0.0, middle - room / 2))
            end = longest.interpolate(min(longest.length, middle + room / 2))
            place = longest.interpolate(middle)
            angle = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
            yield Label(text, kind, place.x, place.y, size, (angle + 90) % 180 - 90)


def _letter_areas(lettering: Lettering, ground: Ground, paper: Paper) -> None:
    sizes = {"facilities": 0.9, "sea": 1.1, "reservations": 0.9, "zones": 1.15, "sangkat": 1.0}
    for slug, size in sizes.items():
        areas = ground.layer(slug)
        for shown in areas.features if areas else []:
            text = _area_text(slug, shown)
            shape = lettering.frame.on_paper(shown.shape)
            if text and not shape.is_empty:
                places = _within(shape)
                labels = [Label(text, slug, x, y, paper.text_pt * size) for x, y in places]
                lettering.place_first(labels)


def _area_text(slug: str, shown: Shown) -> str:
    if slug == "zones":
        return shown.class_code
    return shown.stable_id if slug == "reservations" else in_language(shown.name)


def _within(shape: BaseGeometry) -> list[tuple[float, float]]:
    """Return places inside a shape: its middle, then the middles of its quarters."""
    west, north, east, south = shape.bounds
    middle = ((west + east) / 2, (north + south) / 2)
    quarters = [
        shapely.box(min(x, middle[0]), min(y, middle[1]), max(x, middle[0]), max(y, middle[1]))
        for x in (west, east)
        for y in (north, south)
    ]
    pieces = [shape, *(shape.intersection(quarter) for quarter in quarters)]
    points = [piece.representative_point() for piece in pieces if not piece.is_empty]
    return [(point.x, point.y) for point in points]
