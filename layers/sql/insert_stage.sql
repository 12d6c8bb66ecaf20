-- Open the new rows: what is staged and has no current row (any more).
-- Uses feature_current_once (layer, stable_id).
INSERT INTO layers_feature
    (layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in)
SELECT
    %(layer_id)s, stage.stable_id, stage.land_use_id, stage.lifecycle, stage.geometry,
    stage.properties, %(number)s
FROM layer_stage AS stage
WHERE NOT EXISTS (
    SELECT 1
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND feature.stable_id = stage.stable_id
)
ORDER BY stage.geometry
