-- Close the current rows of a layer that the stage changes or (when it replaces all) no longer
-- names; return how many it changes and how many it removes.
-- Uses feature_current_once (layer, stable_id): unless it replaces all, the cost is the stage's.
-- Geometries are compared by the bytes stored.
WITH changed AS (
    UPDATE layers_feature AS feature
    SET retired_in = %(number)s
    FROM layer_stage AS stage
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND feature.stable_id = stage.stable_id
      AND NOT (
          feature.geometry = stage.geometry
          AND feature.properties = stage.properties
          AND feature.lifecycle = stage.lifecycle
          AND feature.land_use_id IS NOT DISTINCT FROM stage.land_use_id
      )
    RETURNING 1
),
gone AS (
    UPDATE layers_feature AS feature
    SET retired_in = %(number)s
    WHERE %(replaces_all)s
      AND feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND NOT EXISTS (
          SELECT 1 FROM layer_stage AS stage WHERE stage.stable_id = feature.stable_id
      )
    RETURNING 1
)
SELECT (SELECT count(*) FROM changed), (SELECT count(*) FROM gone)
