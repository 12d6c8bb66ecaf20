"""Shapes as SVG paths in paper millimetres. Text is never drawn here: SVG does not shape Khmer."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from shapely.geometry.base import BaseGeometry

MICROMETRE_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Style:
    """How a shape is drawn; widths and dashes in mm on paper."""

    fill: str = "none"
    stroke: str = "none"
    width_mm: float = 0.0
    dash: str = "none"
    fill_share: float = 1.0  # opacity of the fill, 0 to 1


def drawn(shape: BaseGeometry, style: Style) -> SafeString:
    """Return a shape in paper millimetres as one SVG path; nothing where it is empty.

    Holes run against their outline: areas that overlap in one path stay filled.
    """
    path = path_of(shapely.orient_polygons(shape))
    if not path:
        return SafeString("")
    return format_html(
        '<path d="{}" fill="{}" fill-opacity="{}" stroke="{}" '
        'stroke-width="{}" stroke-dasharray="{}" stroke-linejoin="round"/>',
        path, style.fill, style.fill_share, style.stroke, style.width_mm, style.dash,
    )  # fmt: skip


def joined(parts: list[SafeString]) -> SafeString:
    """Return drawings one over the other."""
    return format_html_join("", "{}", ((part,) for part in parts))


def path_of(shape: BaseGeometry) -> str:
    """Return the commands of an SVG path; points have none."""
    return "".join(_commands(part) for part in shapely.get_parts(shape) if not part.is_empty)


def hatch(shape: BaseGeometry, spacing_mm: float, angle_deg: float = 45.0) -> BaseGeometry:
    """Return parallel lines across a shape: what colour shows, black-and-white print shows too."""
    if shape.is_empty:
        return shapely.MultiLineString()
    west, south, east, north = shape.bounds
    centre = ((west + east) / 2, (south + north) / 2)
    reach = math.hypot(east - west, north - south) / 2 + spacing_mm
    along = np.array([math.cos(math.radians(angle_deg)), -math.sin(math.radians(angle_deg))])
    across = np.array([-along[1], along[0]])
    offsets = np.arange(-reach, reach + spacing_mm, spacing_mm)
    middles = np.array(centre) + offsets[:, None] * across
    ends = np.stack([middles - along * reach, middles + along * reach], axis=1)
    return shapely.MultiLineString(list(ends)).intersection(shape)


def _commands(part: BaseGeometry) -> str:
    if isinstance(part, shapely.Polygon):
        return "".join(f"{_line(ring)}Z" for ring in (part.exterior, *part.interiors))
    if isinstance(part, shapely.LineString):
        return _line(part)
    return "" if isinstance(part, shapely.Point) else path_of(part)


def _line(line: BaseGeometry) -> str:
    corners = np.round(shapely.get_coordinates(line), MICROMETRE_DIGITS)
    return "M" + "L".join(f"{x} {y}" for x, y in corners.tolist()) if len(corners) else ""
