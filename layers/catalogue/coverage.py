"""Where a layer was surveyed, as a small drawing: what lies outside nobody looked at."""

from dataclasses import dataclass

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import WGS84_SRID, to_project
from layers.legend import summary
from layers.models import LandUseClass, LayerVersion, SurveyedArea

WIDTH, HEIGHT, EDGE = 320.0, 220.0, 8.0  # of the drawing [pixels]
MOST_AREAS = 200


@dataclass(frozen=True, slots=True)
class SurveyedStatement:
    """One surveyed area as the page tells it."""

    area: SurveyedArea
    classes: list[str]
    hectares: float
    outline: str  # SVG path


@dataclass(frozen=True, slots=True)
class Coverage:
    """The surveyed areas of a layer and the extent of its features, drawn to one scale."""

    statements: list[SurveyedStatement]
    extent: str  # SVG path
    label: str


def coverage_of(version: LayerVersion) -> Coverage:
    """Return what is stated as surveyed for a layer, with a drawing."""
    areas = list(version.layer.surveyed_areas.order_by("pk")[:MOST_AREAS])
    shapes = [shapely.from_wkb(bytes(area.geometry.wkb)) for area in areas]
    extent = _extent(version)
    drawn = [*shapes, *([extent] if extent is not None else [])]
    bounds = shapely.total_bounds(drawn) if drawn else np.array([0.0, 0.0, 1.0, 1.0])
    names = {row.code: row.name for row in LandUseClass.objects.all()}
    statements = [
        SurveyedStatement(
            area,
            [names.get(code, code) for code in area.classes],
            shape.area / 10_000,
            _path(shape, bounds),
        )
        for area, shape in zip(areas, shapes, strict=True)
    ]
    label = _("Surveyed areas (filled) and the extent of the features (dashed)")
    return Coverage(statements, _path(extent, bounds) if extent is not None else "", label)


def _extent(version: LayerVersion) -> BaseGeometry | None:
    known = summary(version).extent
    return (
        None if known is None else shapely.box(*to_project(shapely.box(*known), WGS84_SRID).bounds)
    )


def _path(shape: BaseGeometry, bounds: np.ndarray) -> str:
    """Return the outlines of a shape as an SVG path, simplified to what a pixel shows."""
    west, south, east, north = (float(edge) for edge in bounds)
    scale = min(
        (WIDTH - 2 * EDGE) / max(east - west, 1.0), (HEIGHT - 2 * EDGE) / max(north - south, 1.0)
    )
    plain = shapely.simplify(shape, 0.5 / scale)
    rings = shapely.get_rings(shapely.get_parts(plain))
    return " ".join(_ring(shapely.get_coordinates(ring), west, north, scale) for ring in rings)


def _ring(points: np.ndarray, west: float, north: float, scale: float) -> str:
    told = [f"{EDGE + (x - west) * scale:.1f} {EDGE + (north - y) * scale:.1f}" for x, y in points]
    return f"M{'L'.join(told)}Z"
