"""The place a reader looks for: a rectangle, a sangkat or a place by its name."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import shapely
from django.db import connection
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from layers.crs import PROJECT_SRID
from layers.exports.asking import box_asked
from layers.exports.selection import SelectionError
from layers.models import Feature, LayerVersion
from layers.names import name_properties
from layers.numbers import number as written
from layers.search import Match, matches, parsed
from layers.sql_files import load_sql
from layers.visibility import Reader, visible_versions

SANGKAT_LAYER = "sangkat"
MOST_SANGKATS = 500
# A place recorded as a point or a line is looked for so far around [m]: a convention of this
# program, so that a village drawn as one point has layers.
AROUND_M = 1_000.0
MOST_ALIKE = 5
_DEGREES = r"\s*[-+]?[0-9]{1,3}(?:\.[0-9]{1,15})?\s*"
_BOX = re.compile(rf"{_DEGREES}(?:,{_DEGREES}){{3}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SoughtPlace:
    """A place with its ground in PROJECT_SRID."""

    name: str
    ground: BaseGeometry
    called_alike: tuple[str, ...] = ()  # other places that answer to the name asked for


def rectangle_asked(text: str) -> SoughtPlace:
    """Return the ground of ``west,south,east,north`` in degrees.

    Raises
    ------
    SelectionError
        Not four plain numbers in this order within the world. West lies left of east: a rectangle
        does not span the 180th meridian.
    """
    problem = SelectionError(
        _("'%(value)s' is no rectangle in degrees.") % {"value": text[:80]},
        remedy=_("Write west, south, east, north: 103.45,10.55,103.60,10.70."),
    )
    try:
        ground = box_asked(text) if _BOX.fullmatch(text) else None
    except SelectionError as error:
        raise problem from error
    if ground is None:
        raise problem
    west, south, east, north = (float(part) for part in text.split(","))
    told = {name: written(edge, most=4) for name, edge in zip("wsen", (west, south, east, north),
                                                         strict=True)}  # fmt: skip
    return SoughtPlace(_("the rectangle %(w)s, %(s)s to %(e)s, %(n)s") % told, ground)


def sangkat_choices(reader: Reader) -> list[tuple[str, str]]:
    """Return the sangkats a reader may see: identifier and name, sorted by name."""
    version = _sangkat_version(reader)
    if version is None:
        return []
    names = name_properties(version)
    rows = version.layer.features.filter(retired_in=None).order_by("stable_id")
    listed = rows.values_list("stable_id", "properties")[:MOST_SANGKATS]
    return sorted(
        ((name, names.of(properties) or name) for name, properties in listed),
        key=lambda choice: (choice[1], choice[0]),
    )


def sangkat_named(reader: Reader, stable_id: str) -> SoughtPlace | None:
    """Return a sangkat with its own outline, None where there is none."""
    version = _sangkat_version(reader)
    if version is None:
        return None
    row = version.layer.features.filter(retired_in=None, stable_id=stable_id).first()
    return None if row is None else _as_place(row, version)


def place_called(reader: Reader, name: str) -> SoughtPlace | None:
    """Return the likeliest place of a name with its ground, None for none.

    A sangkat comes before a building that is named after it. Other places that answer are named.
    """
    versions = {v.layer.slug: v for v in visible_versions(reader)}
    found = matches(parsed(name), [v.layer for v in versions.values()])
    for match in sorted(found, key=lambda each: each.layer != SANGKAT_LAYER):
        version = versions[match.layer]
        row = version.layer.features.filter(retired_in=None, stable_id=match.stable_id).first()
        if row is not None:
            others = [_name_of(each, versions) for each in found if each != match]
            return replace(_as_place(row, version), called_alike=_first_few(others))
    return None


def _name_of(match: Match, versions: Mapping[str, LayerVersion]) -> str:
    named = name_properties(versions[match.layer]).of(dict(match.properties))
    return f"{named or match.stable_id} ({versions[match.layer].layer.title})"


def _first_few(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))[:MOST_ALIKE]


def _sangkat_version(reader: Reader) -> LayerVersion | None:
    return next((v for v in visible_versions(reader) if v.layer.slug == SANGKAT_LAYER), None)


def _as_place(row: Feature, version: LayerVersion) -> SoughtPlace:
    shape = shapely.from_wkb(bytes(row.geometry.wkb))
    name = name_properties(version).of(row.properties) or row.stable_id
    if shapely.get_dimensions(shape) == 2:  # noqa: PLR2004 - an area
        return SoughtPlace(name, shape)
    around = _("%(metres)s m around %(place)s") % {"metres": written(AROUND_M), "place": name}
    return SoughtPlace(around, shape.buffer(AROUND_M))


def reaching(versions: Iterable[LayerVersion], places: Sequence[SoughtPlace]) -> list[LayerVersion]:
    """Return the layers that reach every one of the places."""
    found = list(versions)
    for place in places:
        asked: dict[str, Any] = {
            "layer_ids": [version.layer_id for version in found],
            "area": shapely.to_wkb(place.ground),
            "srid": PROJECT_SRID,
        }
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "layers_reaching.sql"), asked)
            reached = {row[0] for row in cursor.fetchall()}
        found = [version for version in found if version.layer_id in reached]
    return found
