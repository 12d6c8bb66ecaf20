"""What a feature says: shape, class, lifecycle, attributes; from GeoJSON and to it."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID, WGS84_SRID, reproject
from layers.editing.attributes import attribute_problems
from layers.editing.errors import ProblemsError
from layers.editing.problems import Problem
from layers.editing.shapes import (
    ShapeError,
    shape_from_geojson,
    shape_problems,
    with_unmoved_corners,
)
from layers.editing.vocab import EditAction, ProblemKind
from layers.models import LandUseClass, Layer
from layers.services import NewFeature
from layers.vocab import Lifecycle

# PostgreSQL's jsonb cannot hold it.
_NUL = "\x00"


@dataclass(frozen=True, kw_only=True, slots=True)
class Content:
    """One feature without its name (geometry in PROJECT_SRID)."""

    geometry: BaseGeometry
    land_use: str | None = None
    lifecycle: str = Lifecycle.EXISTING
    properties: Mapping[str, Any] = field(default_factory=dict)

    def named(self, stable_id: str) -> NewFeature:
        """Return the content as a feature to publish."""
        return NewFeature(
            stable_id=stable_id,
            geometry=self.geometry,
            land_use=self.land_use,
            lifecycle=self.lifecycle,
            properties=self.properties,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureState:
    """How a feature stands: in a draft, in a version, or not at all (content None)."""

    stable_id: str
    etag: str
    content: Content | None
    row: int | None = None  # Feature.id it stands on
    revision: int | None = None  # the draft's step that made it so
    action: str | None = None  # what that step did: EditAction
    note: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None

    @property
    def is_edited(self) -> bool:
        """Whether the draft says something else than what is published."""
        return self.action not in (None, EditAction.WITHDRAW)


def from_geojson(
    given: Mapping[str, Any], layer: Layer, srid: int = WGS84_SRID, base: Content | None = None
) -> Content:
    """Return a GeoJSON feature as content; what it leaves out is taken from ``base``.

    Corners that did not move keep the coordinates they have in ``base``.

    Raises
    ------
    ProblemsError
        With every problem: damaged shape, attributes the layer does not allow, unknown class.
    """
    shape, problems = _shape(given, srid, base)
    properties = given.get("properties", base.properties if base else {}) or {}
    content = Content(
        geometry=shape,
        land_use=given.get("land_use", base.land_use if base else None) or None,
        lifecycle=given.get("lifecycle", base.lifecycle if base else None) or Lifecycle.EXISTING,
        properties=properties if isinstance(properties, Mapping) else {"": properties},
    )
    problems += content_problems(content, layer) if not problems else []
    if problems:
        raise ProblemsError([problem.as_json() for problem in problems])
    return content


def content_problems(content: Content, layer: Layer, stable_id: str = "") -> list[Problem]:
    """Return all that is wrong with one feature by itself."""
    found = [*shape_problems(content.geometry, layer.geometry_kind), *_words(content, layer)]
    return [
        Problem(kind=p.kind, message=p.message, point=p.point, stable_id=stable_id) for p in found
    ]


def to_geojson(state: FeatureState, srid: int = WGS84_SRID) -> dict[str, Any]:
    """Return a feature as GeoJSON with its state, coordinates in full precision."""
    content = state.content
    shape = None if content is None else reproject(content.geometry, PROJECT_SRID, srid)
    return {
        "type": "Feature",
        "id": state.stable_id,
        "geometry": None if shape is None else shapely.geometry.mapping(shape),
        "properties": dict(content.properties) if content else None,
        "land_use": content.land_use if content else None,
        "lifecycle": str(content.lifecycle) if content else None,
        "etag": state.etag,
        "edited": str(state.action) if state.is_edited else None,
        "edited_by": state.changed_by if state.is_edited else None,
        "edited_at": state.changed_at.isoformat() if state.is_edited and state.changed_at else None,
        "note": state.note,
    }


def _shape(
    given: Mapping[str, Any], srid: int, base: Content | None
) -> tuple[BaseGeometry, list[Problem]]:
    if "geometry" not in given and base is not None:
        return base.geometry, []
    try:
        shape = shape_from_geojson(given.get("geometry"), srid)
    except ShapeError as error:
        return shapely.Point(), [error.problem]
    return (shape if base is None else with_unmoved_corners(shape, base.geometry)), []


def _words(content: Content, layer: Layer) -> Iterator[Problem]:
    if content.lifecycle not in Lifecycle.values:
        message = _("'%(value)s' is no lifecycle.") % {"value": content.lifecycle}
        yield Problem(kind=ProblemKind.UNKNOWN_LIFECYCLE, message=message)
    code = content.land_use
    if code is not None and not LandUseClass.objects.filter(code=str(code)).exists():
        message = _("There is no land-use class '%(code)s'.") % {"code": code}
        yield Problem(kind=ProblemKind.UNKNOWN_CLASS, message=message)
    if not _is_storable(content.properties):
        message = _("Attributes are named values: texts, finite numbers, lists.")
        yield Problem(kind=ProblemKind.ATTRIBUTE, message=message)
        return
    for _name, message in attribute_problems(layer.attribute_schema, content.properties):
        yield Problem(kind=ProblemKind.ATTRIBUTE, message=message)


def _is_storable(value: object, depth: int = 8) -> bool:
    """Tell whether PostgreSQL's jsonb takes a value: no NaN, no NUL, not nested without end."""
    if isinstance(value, str):
        return _NUL not in value
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, Mapping):
        named = all(isinstance(name, str) and name and _NUL not in name for name in value)
        return named and depth > 0 and all(_is_storable(v, depth - 1) for v in value.values())
    if isinstance(value, list):
        return depth > 0 and all(_is_storable(part, depth - 1) for part in value)
    return value is None or isinstance(value, int)
