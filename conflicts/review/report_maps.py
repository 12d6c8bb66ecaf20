"""The small maps of a printed report: both features and the evidence between them, at a scale."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from django.contrib.gis.geos import GEOSGeometry
from django.utils.safestring import SafeString
from shapely.geometry.base import BaseGeometry

from conflicts.models import Finding, Observation
from conflicts.review.geopackage import COLOURS, evidence_of
from conflicts.vocab import Severity
from layers.crs import PROJECT_SRID
from layers.models import Feature, Layer
from layers.paper.drawing import Style, drawn, hatch, joined
from layers.queries import current_features

WIDTH_MM, HEIGHT_MM = 84.0, 60.0
CITY_MM = (170.0, 105.0)
# Of the map's width, so much is left around what is shown.
MARGIN = 1.5
LEAST_WIDTH_M = 60.0
NICE = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
BAR_MM = 25.0
POINT_MM = 1.1
MOST_AROUND = 300  # features of one layer around a finding
FRAME = Style(stroke="#000000", width_mm=0.25)
SUBJECT = Style(fill="#2d6480", stroke="#123a4c", width_mm=0.5, fill_share=0.25)
OBJECT = Style(fill="#d9822b", stroke="#8a4300", width_mm=0.5, dash="2 0.8", fill_share=0.25)
EVIDENCE = Style(stroke="#b00020", width_mm=0.7)
EVIDENCE_HATCH = Style(stroke="#b00020", width_mm=0.25)
HATCH_MM = 1.6
# What lies around, faint; only where a layer of that name is to be seen by everyone who may print.
AROUND = (
    ("buildings", Style(fill="#e4e0d8", stroke="#a9a297", width_mm=0.08)),
    ("waterways", Style(stroke="#7fb3cf", width_mm=0.35)),
    ("roads", Style(stroke="#c4a98e", width_mm=0.35)),
    ("sangkat", Style(stroke="#7a4e7e", width_mm=0.25, dash="3 1 0.6 1")),
)
OUTLINE = Style(fill="#f4f1ea", stroke="#7a4e7e", width_mm=0.25)


@dataclass(frozen=True, slots=True)
class PaperFrame:
    """A part of the ground on paper: its middle [m], its scale, its size [mm]."""

    east_m: float
    north_m: float
    scale: float
    width_mm: float
    height_mm: float

    @property
    def outline(self) -> BaseGeometry:
        """The ground that is shown."""
        across, up = (side * self.scale / 2_000 for side in (self.width_mm, self.height_mm))
        return shapely.box(
            self.east_m - across, self.north_m - up, self.east_m + across, self.north_m + up
        )

    def on_paper(self, shape: BaseGeometry) -> BaseGeometry:
        """Return what of a shape is shown, in millimetres from the upper left corner."""
        west, _south, _east, north = self.outline.bounds
        cut = shapely.intersection(shape, self.outline)
        return shapely.transform(
            cut,
            lambda corners: (corners - [west, north]) * [1_000 / self.scale, -1_000 / self.scale],
        )


@dataclass(frozen=True, slots=True)
class SmallMap:
    """A map and its scale: how long the bar is on paper [mm] and on the ground [m]."""

    drawing: SafeString
    width_mm: float
    height_mm: float
    scale: float
    bar_mm: float
    bar_m: float


def frame_around(shape: BaseGeometry, width_mm: float, height_mm: float) -> PaperFrame:
    """Return the frame of the largest round scale."""
    west, south, east, north = shape.bounds
    needed_m = max((east - west) * MARGIN, (north - south) * MARGIN * width_mm / height_mm)
    scale = _rounded_up(max(needed_m, LEAST_WIDTH_M) * 1_000 / width_mm)
    return PaperFrame((west + east) / 2, (south + north) / 2, scale, width_mm, height_mm)


def _rounded_up(value: float) -> float:
    ten = 10.0 ** math.floor(math.log10(value))
    return next(step * ten for step in NICE if step * ten >= value * (1 - 1e-9))


def bar_of(scale: float) -> tuple[float, float]:
    """Return the longest round bar of at most BAR_MM: its length on paper [mm], on ground [m]."""
    most_m = BAR_MM * scale / 1_000
    ten = 10.0 ** math.floor(math.log10(most_m))
    length_m = max(step * ten for step in (1.0, 2.0, 5.0) if step * ten <= most_m * (1 + 1e-9))
    return length_m * 1_000 / scale, length_m


def finding_map(finding: Finding, around: Sequence[str]) -> SmallMap | None:
    """Return the map of a finding; None where nothing was measured of it."""
    evidence = evidence_of(finding)
    if evidence is None or finding.current is None:
        return None
    frame = frame_around(evidence, WIDTH_MM, HEIGHT_MM)
    parts = [
        *_around(frame, around),
        *(_side(finding.current, side, style, frame) for side, style in _SIDES),
        *_evidence(frame.on_paper(evidence)),
        drawn(shapely.box(0, 0, WIDTH_MM, HEIGHT_MM), FRAME),
    ]
    bar_mm, bar_m = bar_of(frame.scale)
    return SmallMap(joined(parts), WIDTH_MM, HEIGHT_MM, frame.scale, bar_mm, bar_m)


_SIDES = (("subject", SUBJECT), ("object", OBJECT))


def _side(seen: Observation, side: str, style: Style, frame: PaperFrame) -> SafeString:
    number = getattr(seen, f"{side}_row_id")
    row = Feature.objects.filter(pk=number).only("geometry").first() if number else None
    if row is None:
        return SafeString("")
    shape = frame.on_paper(shapely.from_wkb(bytes(row.geometry.wkb)))
    return drawn(_with_points(shape), style)


def _with_points(shape: BaseGeometry) -> BaseGeometry:
    """Return a shape with its points as small circles: a point has no path."""
    parts = [
        part.buffer(POINT_MM) if part.geom_type == "Point" else part
        for part in shapely.get_parts(shape)
    ]
    return shapely.GeometryCollection(parts)


def _evidence(shape: BaseGeometry) -> list[SafeString]:
    areas = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    hatched = hatch(shapely.MultiPolygon(areas), HATCH_MM)
    return [drawn(hatched, EVIDENCE_HATCH), drawn(_with_points(shape), EVIDENCE)]


def _around(frame: PaperFrame, slugs: Sequence[str]) -> list[SafeString]:
    window = GEOSGeometry(memoryview(shapely.to_wkb(frame.outline)), srid=PROJECT_SRID)
    parts = []
    for slug, style in AROUND:
        if slug in slugs:
            near = current_features(slug).filter(geometry__intersects=window)
            stored = near.values_list("geometry", flat=True)[:MOST_AROUND]
            shapes = [shapely.from_wkb(bytes(geometry.wkb)) for geometry in stored]
            parts += [drawn(frame.on_paper(shape), style) for shape in shapes]
    return parts


def city_map(findings: Sequence[Finding], around: Sequence[str]) -> SmallMap | None:
    """Return where all these findings lie, gravest on top; None where there is none."""
    places = [(f, e.centroid) for f in findings if (e := evidence_of(f)) is not None]
    if not places:
        return None
    city = [s for slug in ("sangkat",) if slug in around for s in _shapes(slug)]
    frame = frame_around(
        shapely.GeometryCollection([*city, *(point for _f, point in places)]), *CITY_MM
    )
    parts = [drawn(frame.on_paper(shape), OUTLINE) for shape in city]
    for severity in Severity:
        points = [frame.on_paper(point) for f, point in places if f.severity == severity]
        dots = shapely.GeometryCollection([p.buffer(POINT_MM) for p in points if not p.is_empty])
        parts.append(drawn(dots, _dot(severity)))
    parts.append(drawn(shapely.box(0, 0, *CITY_MM), FRAME))
    bar_mm, bar_m = bar_of(frame.scale)
    return SmallMap(joined(parts), *CITY_MM, frame.scale, bar_mm, bar_m)


def _dot(severity: Severity) -> Style:
    return Style(fill=COLOURS[severity], stroke="#ffffff", width_mm=0.15, fill_share=0.85)


def _shapes(slug: str) -> list[BaseGeometry]:
    published = Layer.objects.filter(slug=slug).exclude(published_number=None).exists()
    rows = current_features(slug) if published else []
    return [shapely.from_wkb(bytes(row.geometry.wkb)) for row in rows]
