"""Bound every stored shape, and index the current ones.

``geometry(Geometry, srid)`` accepts empty shapes, NaN, 1e300 and degrees stamped as metres; none of
these may ever reach a distance. The extent follows from KRONG_SRID, so it is computed here.
"""

from django.db import migrations

from layers.crs import project_extent

MAX_VERTICES = 200_000

CHECKS = """
ALTER TABLE {table} ADD CONSTRAINT {table}_not_empty CHECK (NOT ST_IsEmpty(geometry));
ALTER TABLE {table} ADD CONSTRAINT {table}_in_extent CHECK (
    ST_XMin(geometry) >= {west} AND ST_XMax(geometry) <= {east}
    AND ST_YMin(geometry) >= {south} AND ST_YMax(geometry) <= {north});
ALTER TABLE {table} ADD CONSTRAINT {table}_vertices CHECK (ST_NPoints(geometry) <= {vertices});
"""


def bound_shapes(apps, schema_editor):
    west, south, east, north = (repr(float(edge)) for edge in project_extent())
    for table in ("layers_feature", "layers_surveyedarea"):
        schema_editor.execute(
            CHECKS.format(
                table=table, west=west, south=south, east=east, north=north, vertices=MAX_VERTICES
            ),
            params=None,
        )


class Migration(migrations.Migration):
    dependencies = [("layers", "0001_initial")]

    operations = [
        migrations.RunPython(bound_shapes, migrations.RunPython.noop, elidable=False),
        migrations.RunSQL(
            sql=[
                "CREATE EXTENSION IF NOT EXISTS btree_gist",
                "CREATE EXTENSION IF NOT EXISTS pg_trgm",
                # what stands today, by layer and class: every question of map and detector
                "CREATE INDEX feature_current_geometry ON layers_feature"
                " USING gist (geometry) WHERE retired_in IS NULL",
                "CREATE INDEX feature_current_layer_geometry ON layers_feature"
                " USING gist (layer_id, geometry) WHERE retired_in IS NULL",
                "CREATE INDEX feature_current_class ON layers_feature"
                " (land_use_id, layer_id) WHERE retired_in IS NULL",
                # what stood then
                "CREATE INDEX feature_past_layer_geometry ON layers_feature"
                " USING gist (layer_id, geometry) WHERE retired_in IS NOT NULL",
            ],
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
