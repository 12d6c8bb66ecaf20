"""Refuse what is no point, line or area, and what holds a part that is empty or no number.

``ST_IsValid`` lets pass: collections of several kinds, curves, TINs, a multi-polygon with an empty
part, and a multi-point of which one point is NaN (its box leaves that out). Nothing here draws,
measures or exports them. What stands already is made plain first: the parts of the highest
dimension stay, and what is left out of the shape is kept as text in the attribute
``left_out_of_shape``.
"""

import json

import shapely
from django.db import migrations

IS_PLAIN = """
    geometry IS NULL OR CASE GeometryType(geometry)
        WHEN 'POLYGON' THEN TRUE
        WHEN 'POINT' THEN TRUE
        WHEN 'LINESTRING' THEN TRUE
        WHEN 'MULTIPOLYGON'
            THEN ST_NumGeometries(geometry) = ST_NumGeometries(ST_CollectionExtract(geometry))
        WHEN 'MULTILINESTRING'
            THEN ST_NumGeometries(geometry) = ST_NumGeometries(ST_CollectionExtract(geometry))
        WHEN 'MULTIPOINT'
            THEN ST_NumGeometries(geometry) = ST_NumGeometries(ST_CollectionExtract(geometry))
            AND coalesce(ST_Length(ST_LineFromMultiPoint(geometry)), 0) < 'Infinity'
        ELSE FALSE
    END
"""
LEFT_OUT = "left_out_of_shape"
TABLES = ("layers_feature", "layers_draftedit", "layers_surveyedarea")


def made_plain(shape):
    """Return the parts of the highest dimension as one shape, and the others (None if none)."""
    parts = [part for part in _flat(shape) if not part.is_empty and _is_finite(part)]
    if not parts:
        msg = "A stored shape holds nothing that can be kept."
        raise ValueError(msg)
    highest = max(shapely.get_dimensions(part) for part in parts)
    kept = [part for part in parts if shapely.get_dimensions(part) == highest]
    rest = [part for part in parts if shapely.get_dimensions(part) < highest]
    return shapely.union_all(kept), shapely.GeometryCollection(rest) if rest else None


def _flat(shape):
    for part in shapely.get_parts(shape):
        if shapely.get_type_id(part) >= shapely.GeometryType.MULTIPOINT.value:
            yield from _flat(part)
        else:
            yield part


def _is_finite(part):
    return bool(shapely.get_coordinates(part).size) and all(
        map(lambda value: value == value and abs(value) != float("inf"),
            shapely.get_coordinates(part).ravel().tolist())
    )  # fmt: skip


def make_plain(apps, schema_editor):
    for table in TABLES:
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, GeometryType(geometry), "
                "encode(ST_AsEWKB(ST_CurveToLine(geometry)), 'hex') "
                f"FROM {table} WHERE NOT ({IS_PLAIN})"
            )
            rows = cursor.fetchall()
            if rows:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                for row, kind, wkb in rows:
                    _store_plain(cursor, table, row, kind, wkb)
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _store_plain(cursor, table, row, kind, wkb):
    try:
        shape, rest = made_plain(shapely.from_wkb(wkb))
    except (ValueError, shapely.errors.GEOSException) as error:
        msg = (
            f"Row {row} of {table} holds a {kind} that cannot be made a point, line or area. "
            "Go back to the version before, take the feature out of its layer, then migrate again."
        )
        raise ValueError(msg) from error
    cursor.execute(
        f"UPDATE {table} SET geometry = ST_SetSRID(%s::geometry, ST_SRID(geometry)) WHERE id = %s",
        [shape.wkb_hex, row],
    )
    if rest is not None and table != "layers_surveyedarea":
        cursor.execute(
            f"UPDATE {table} SET properties = coalesce(properties, '{{}}') || %s WHERE id = %s",
            [json.dumps({LEFT_OUT: rest.wkt}), row],
        )


def refuse_others(apps, schema_editor):
    for table in TABLES:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_plain_shape CHECK ({IS_PLAIN})",
            params=None,
        )


def allow_others(apps, schema_editor):
    for table in TABLES:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_plain_shape")


class Migration(migrations.Migration):
    dependencies = [("layers", "0017_squares_from_afar_are_drawn_once")]

    operations = [
        migrations.RunPython(make_plain, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(refuse_others, allow_others, elidable=False),
    ]
