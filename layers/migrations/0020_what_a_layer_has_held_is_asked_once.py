"""Ask once, not for each class, which classes a layer has held: it took minutes at a million.

``krong_classes_looked_for`` says the same as before.
"""

from django.db import migrations

ASKED_ONCE = """
CREATE OR REPLACE FUNCTION krong_classes_looked_for(of_layer bigint, near geometry DEFAULT NULL)
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
              OR class.id IN (  -- asked once, not for each class
                  SELECT feature.land_use_id
                  FROM layers_feature AS feature
                  WHERE feature.layer_id = of_layer
                    AND feature.retired_in IS NOT NULL
                    AND feature.land_use_id IS NOT NULL
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


class Migration(migrations.Migration):
    dependencies = [("layers", "0019_khmer_is_found_however_it_was_typed")]

    # what it says is the same: going back needs no other text
    operations = [migrations.RunSQL(ASKED_ONCE, migrations.RunSQL.noop)]
