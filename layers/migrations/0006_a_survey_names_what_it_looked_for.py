"""Let a survey name the classes it looked for, and say in one place what it proves.

A statement that names classes looked for these, each with its whole branch. One that names none
looked for what its layer holds or has held: nobody can be taken to have looked for quarries in a
layer that never showed one. ``krong_surveyed_ground`` is asked by detection, what-if, extracts,
permits and the map alike.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

CLASSES_LOOKED_FOR = """
CREATE FUNCTION krong_classes_looked_for(of_layer bigint, near geometry DEFAULT NULL)
RETURNS TABLE (statement bigint, code text)
LANGUAGE sql STABLE
AS $$
    WITH RECURSIVE stated AS (
        SELECT area.id, area.classes
        FROM layers_surveyedarea AS area
        WHERE area.layer_id = of_layer
          AND area.completeness = 'complete'
          AND (near IS NULL OR area.geometry && near)
    ),
    held AS MATERIALIZED (
        SELECT class.id, class.code
        FROM layers_landuseclass AS class
        WHERE EXISTS (SELECT 1 FROM stated WHERE cardinality(stated.classes) = 0)
          AND (
              EXISTS (
                  SELECT 1 FROM layers_feature AS feature
                  WHERE feature.land_use_id = class.id AND feature.layer_id = of_layer
                    AND feature.retired_in IS NULL
              )
              OR EXISTS (
                  SELECT 1 FROM layers_feature AS feature
                  WHERE feature.land_use_id = class.id AND feature.layer_id = of_layer
                    AND feature.retired_in IS NOT NULL
              )
          )
    ),
    branch AS (
        SELECT stated.id AS statement, class.id AS class_id, class.code::text AS code
        FROM stated
        JOIN layers_landuseclass AS class ON class.code = ANY(stated.classes)
        UNION
        SELECT stated.id, held.id, held.code::text
        FROM stated
        CROSS JOIN held
        WHERE cardinality(stated.classes) = 0
        UNION
        SELECT branch.statement, child.id, child.code::text
        FROM branch
        JOIN layers_landuseclass AS child ON child.parent_id = branch.class_id
    )
    SELECT branch.statement, branch.code FROM branch
    UNION ALL
    -- what has no class is looked for by a statement about the layer as a whole
    SELECT stated.id, '' FROM stated WHERE cardinality(stated.classes) = 0
$$
"""

SURVEYED_GROUND = """
CREATE FUNCTION krong_surveyed_ground(
    of_layer bigint, asked text[] DEFAULT '{}', near geometry DEFAULT NULL
)
RETURNS geometry
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    wanted text[] := asked;
    ground geometry;
    known geometry;
BEGIN
    IF cardinality(asked) = 0 THEN
        -- the layer as a whole: every class it holds, and what has none
        IF NOT EXISTS (
            SELECT 1 FROM layers_surveyedarea AS area
            WHERE area.layer_id = of_layer
              AND area.completeness = 'complete'
              AND (near IS NULL OR area.geometry && near)
              AND cardinality(area.classes) > 0
        ) THEN
            RETURN (
                SELECT ST_Union(area.geometry)
                FROM layers_surveyedarea AS area
                WHERE area.layer_id = of_layer
                  AND area.completeness = 'complete'
                  AND (near IS NULL OR area.geometry && near)
            );
        END IF;
        wanted := ARRAY(
            SELECT class.code::text
            FROM layers_landuseclass AS class
            WHERE EXISTS (
                SELECT 1 FROM layers_feature AS feature
                WHERE feature.land_use_id = class.id AND feature.layer_id = of_layer
                  AND feature.retired_in IS NULL
            )
        );
        IF cardinality(wanted) = 0 OR EXISTS (
            SELECT 1 FROM layers_feature AS feature
            WHERE feature.land_use_id IS NULL AND feature.layer_id = of_layer
              AND feature.retired_in IS NULL
        ) THEN
            wanted := wanted || ''::text;
        END IF;
    END IF;
    FOR ground IN
        WITH looked AS MATERIALIZED (
            SELECT found.statement, found.code
            FROM krong_classes_looked_for(of_layer, near) AS found
        ),
        proof AS (
            SELECT array_agg(looked.statement ORDER BY looked.statement) AS statements
            FROM unnest(wanted) AS want(code)
            LEFT JOIN looked ON looked.code = want.code
            GROUP BY want.code
        )
        SELECT ST_Union(area.geometry)
        FROM (SELECT DISTINCT proof.statements FROM proof) AS proofs
        LEFT JOIN layers_surveyedarea AS area ON area.id = ANY(proofs.statements)
        GROUP BY proofs.statements
    LOOP
        IF ground IS NULL THEN
            RETURN NULL;
        END IF;
        known := CASE WHEN known IS NULL THEN ground ELSE ST_Intersection(known, ground) END;
    END LOOP;
    RETURN known;
END
$$
"""


class Migration(migrations.Migration):
    dependencies = [("layers", "0005_drafts_lie_over_what_is_published")]

    operations = [
        migrations.AddField(
            model_name="surveyedarea",
            name="classes",
            field=ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                default=list,
                help_text="Codes; each means its whole branch. Empty: what the layer holds.",
                verbose_name="classes looked for",
            ),
        ),
        migrations.RunSQL(
            sql=[
                "CREATE INDEX feature_past_class ON layers_feature"
                " (land_use_id, layer_id) WHERE retired_in IS NOT NULL",
                CLASSES_LOOKED_FOR,
                SURVEYED_GROUND,
            ],
            reverse_sql=[
                "DROP FUNCTION krong_surveyed_ground",
                "DROP FUNCTION krong_classes_looked_for",
                "DROP INDEX feature_past_class",
            ],
        ),
    ]
