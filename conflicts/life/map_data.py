"""What the small map of a finding draws: both sides as measured, and the evidence between them."""

import json
from typing import Any

import shapely
from django.contrib.gis.geos import GEOSGeometry
from shapely.geometry.base import BaseGeometry

from conflicts.explanations import object_name, subject_name
from conflicts.models import Finding
from conflicts.wording import amount
from layers.crs import to_wgs84
from layers.models import Feature

# A road or a flood may run through the whole city: only what lies around the evidence is drawn.
LEAST_AROUND_M = 300.0
MOST_VERTICES = 2_000
# Drawn on a small map; a pixel there is larger.
DRAWN_TO_M = 0.5
DEGREE_GRID = 1e-7


def map_data(finding: Finding) -> dict[str, Any]:
    """Return GeoJSON features in longitude and latitude, each with its role and its label.

    The evidence line carries the distance that was measured.
    """
    seen = finding.current
    if seen is None or seen.witness is None:
        return {"type": "FeatureCollection", "features": []}
    witness = _shape(seen.witness)
    sides = (
        ("subject", seen.subject_row_id, subject_name(finding)),
        ("object", seen.object_row_id, object_name(finding)),
    )
    drawn = [
        _feature(role, _around(witness, shape), label)
        for role, row, label in sides
        if (shape := _shape_of(row)) is not None
    ]
    drawn.append(_feature("evidence", witness, amount(seen.measured_value, seen.unit)))
    return {"type": "FeatureCollection", "features": drawn}


def _shape(geometry: GEOSGeometry) -> BaseGeometry:
    return shapely.from_wkb(bytes(geometry.wkb))


def _shape_of(row: int | None) -> BaseGeometry | None:
    if row is None:
        return None
    geometry = Feature.objects.filter(pk=row).values_list("geometry", flat=True).first()
    return None if geometry is None else _shape(geometry)


def _around(witness: BaseGeometry, shape: BaseGeometry) -> BaseGeometry:
    """Return a shape, or of one with very many corners the part around the evidence."""
    if shapely.get_num_coordinates(shape) <= MOST_VERTICES:
        return shape
    west, south, east, north = witness.bounds
    reach = max(LEAST_AROUND_M, east - west, north - south)
    part = shapely.clip_by_rect(shape, west - reach, south - reach, east + reach, north + reach)
    return shapely.simplify(part if not part.is_empty else shape, DRAWN_TO_M)


def _feature(role: str, shape: BaseGeometry, label: str) -> dict[str, Any]:
    degrees = shapely.set_precision(to_wgs84(shape), DEGREE_GRID, mode="pointwise")
    return {
        "type": "Feature",
        "geometry": json.loads(shapely.to_geojson(degrees)),
        "properties": {"role": role, "label": label},
    }
