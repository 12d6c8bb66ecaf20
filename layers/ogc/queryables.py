"""The attributes of a layer: what can be asked of it and what its features carry.

What the layer's schema states counts. A layer that states none is looked at once per version: the
names found in its first features, with the type they have wherever they stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.db import connection
from django.utils.translation import gettext as _
from psycopg2 import sql

from layers.models import LandUseClass, Layer, LayerVersion, in_reader_language
from layers.property_names import TITLES
from layers.sql_files import load_sql
from layers.stamps import version_stamp
from layers.vocab import GeometryKind, Lifecycle

LOOKED_AT = 20_000  # features
KEY = 200  # characters of a text that an index holds
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"
# The names of columns, as attributes are named; a layer's own attribute of that name wins.
ID, CLASS, LIFECYCLE, GEOMETRY = "stable_id", "land_use", "lifecycle", "geometry"
COLUMNS = (ID, CLASS, LIFECYCLE)
COLUMN_PREFIX = "krong_"
_JSON_TYPES = {"text": "string", "date": "string", "boolean": "boolean",
               "number": "number", "integer": "integer"}  # fmt: skip
_ANY_TYPE = ["string", "number", "boolean", "object", "array"]
_FOUND_TYPES = {"string": "text", "number": "number", "boolean": "boolean"}
_FORMATS = {
    GeometryKind.POINT: "geometry-point-or-multipoint",
    GeometryKind.LINE: "geometry-linestring-or-multilinestring",
    GeometryKind.POLYGON: "geometry-polygon-or-multipolygon",
}


class _Name(sql.Composable):
    """The name of an attribute in a query with parameters, where a lone ``%`` would begin one.

    Names come with files: one like ``%(box)s`` would take a parameter's text into its quotes.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def as_string(self, context: Any) -> str:  # noqa: ANN401 - psycopg2's connection or cursor
        """Return the quoted name."""
        quoted: str = sql.Literal(self.name).as_string(context)
        return quoted.replace("%", "%%")


@dataclass(frozen=True, slots=True)
class Queryable:
    """One attribute: its kind (text, number, integer, boolean, date, geometry, or "" for any)."""

    name: str
    kind: str
    column: str = ""  # of a column of the table; else the attribute lies in the properties
    described: Mapping[str, Any] | None = None
    # of a collection that is no layer: its value in the collection's own question
    expression: sql.Composable | None = None

    def read_as(self, kind: str) -> sql.Composable:
        """Return SQL for the value where it is of a kind; a value of another kind is NULL."""
        if self.expression is not None:
            return self.expression
        if self.column:
            return _COLUMN_SQL[self.column]
        return attribute_value(self.name, kind)


_COLUMN_SQL: dict[str, sql.Composable] = {
    ID: sql.SQL("feature.stable_id"),
    CLASS: sql.SQL("class.code"),
    LIFECYCLE: sql.SQL("feature.lifecycle"),
    GEOMETRY: sql.SQL("feature.geometry"),
}
# A cast stands behind its test, so that a text among numbers is NULL and no error. Texts compare
# byte by byte, as the indexes over them are ordered, whatever the order of the database is.
_READ = {
    "text": sql.SQL(
        "(CASE jsonb_typeof({properties} -> {name}) WHEN 'string' "
        'THEN {properties} ->> {name} END) COLLATE "C"'
    ),
    # a number of more digits than any float has is none: an index could not hold it
    "number": sql.SQL(
        "CASE WHEN jsonb_typeof({properties} -> {name}) = 'number' "
        "AND length({properties} ->> {name}) <= 400 THEN ({properties} ->> {name})::numeric END"
    ),
    "boolean": sql.SQL(
        "CASE jsonb_typeof({properties} -> {name}) WHEN 'boolean' "
        "THEN ({properties} ->> {name})::boolean END"
    ),
    # ISO dates and times sort as texts
    "date": sql.SQL(
        "(CASE WHEN {properties} ->> {name} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' "
        'THEN {properties} ->> {name} END) COLLATE "C"'
    ),
    "": sql.SQL("{properties} ->> {name}"),
}


def attribute_value(name: str, kind: str, *, of_row: str = "feature") -> sql.Composable:
    """Return SQL for an attribute's value where it is of a kind, else NULL."""
    row = (of_row,) if of_row else ()
    return _READ[kind].format(properties=sql.Identifier(*row, "properties"), name=_Name(name))


def attribute_key(name: str, kind: str, *, of_row: str = "feature") -> sql.Composable:
    """Return SQL for what an index holds of an attribute: a number, or how a text begins.

    No text is too long for an index then, and none is refused for its length.
    """
    value = attribute_value(name, kind, of_row=of_row)
    return value if kind == "number" else sql.SQL("left({}, {})").format(value, sql.Literal(KEY))


def queryables(version: LayerVersion) -> dict[str, Queryable]:
    """Return the attributes of a layer by name: the columns first, then its own."""
    own = _own(version)
    named = {column_name(column, own): column for column in COLUMNS}
    columns = {name: Queryable(name, "text", column) for name, column in named.items()}
    shape = {GEOMETRY: Queryable(GEOMETRY, "geometry", GEOMETRY)} if GEOMETRY not in own else {}
    return {**columns, **shape, **own}


def column_name(column: str, own: Mapping[str, Any]) -> str:
    """Return under which name a column is shown beside a layer's own attributes."""
    return COLUMN_PREFIX + column if column in own else column


def own_attributes(version: LayerVersion) -> dict[str, Queryable]:
    """Return the attributes that lie in the features' properties."""
    return _own(version)


def _own(version: LayerVersion) -> dict[str, Queryable]:
    fields: Mapping[str, Any] = version.layer.attribute_schema.get("fields", {})
    stated = {
        name: Queryable(name, _kind(field), described=field) for name, field in fields.items()
    }
    if version.layer.attribute_schema.get("closed"):
        return stated
    found = {name: Queryable(name, kind) for name, kind in _found(version).items()}
    return {**found, **stated}


def _kind(field: Mapping[str, Any]) -> str:
    kind = str(field.get("type", ""))
    return kind if kind in _JSON_TYPES else ""


def _found(version: LayerVersion) -> dict[str, str]:
    key = f"ogc-attributes-{version_stamp(version)}"
    kept: dict[str, str] | None = caches["tiles"].get(key)
    if kept is None:
        kept = _looked_up(version.layer)
        caches["tiles"].set(key, kept)
    return kept


def _looked_up(layer: Layer) -> dict[str, str]:
    with connection.cursor() as cursor:
        parameters = {"layer_id": layer.pk, "looked_at": LOOKED_AT}
        cursor.execute(load_sql(__file__, "attributes.sql"), parameters)
        rows = cursor.fetchall()
    return {name: _FOUND_TYPES.get(types[0], "") if len(types) == 1 else "" for name, types in rows}


def json_schema(version: LayerVersion, address: str, *, is_queryables: bool) -> dict[str, Any]:
    """Return the attributes as JSON Schema (OGC API Features Part 3, 6.2; Part 5)."""
    own = _own(version)
    listed = queryables(version)
    described = {name: _described(found, version.layer) for name, found in listed.items()}
    if GEOMETRY in own and not is_queryables:
        described[COLUMN_PREFIX + GEOMETRY] = _shape(version.layer)
    required = [name for name, found in own.items() if (found.described or {}).get("required")]
    return {
        "$schema": SCHEMA_DIALECT,
        "$id": address,
        "type": "object",
        "title": version.layer.title,
        "properties": described,
        # a name the list does not hold is refused, not ignored
        **({"additionalProperties": False} if is_queryables else {"required": required}),
    }


def _described(queryable: Queryable, layer: Layer) -> dict[str, Any]:
    if queryable.kind == "geometry":
        return _shape(layer)
    field = queryable.described or {}
    schema: dict[str, Any] = {"title": _title(queryable, field)}
    # texts and numbers under one name: each value is what it is
    schema["type"] = _JSON_TYPES.get(queryable.kind, _ANY_TYPE)
    if queryable.kind == "date":
        schema["format"] = "date"
    pairs = {"minimum": field.get("min"), "maximum": field.get("max"),
             "x-ogc-unit": field.get("unit"), "enum": _choices(queryable, field)}  # fmt: skip
    if queryable.column == ID:
        schema["x-ogc-role"] = "id"
    return schema | {name: value for name, value in pairs.items() if value not in (None, "", [])}


def _choices(queryable: Queryable, field: Mapping[str, Any]) -> list[Any]:
    if queryable.column == LIFECYCLE:
        return list(Lifecycle.values)
    if queryable.column == CLASS:
        return list(LandUseClass.objects.order_by("code").values_list("code", flat=True))
    return list(field.get("choices") or ())


def _title(queryable: Queryable, field: Mapping[str, Any]) -> str:
    own = in_reader_language(str(field.get("title_km", "")), str(field.get("title_en", "")))
    columns = {
        ID: _("identifier"),
        CLASS: _("land-use class"),
        LIFECYCLE: _("lifecycle"),
    }
    return own or columns.get(queryable.column) or str(TITLES.get(queryable.name, queryable.name))


def _shape(layer: Layer) -> dict[str, Any]:
    return {
        "title": _("shape"),
        "x-ogc-role": "primary-geometry",
        "format": _FORMATS.get(GeometryKind(layer.geometry_kind), "geometry-any"),
    }
