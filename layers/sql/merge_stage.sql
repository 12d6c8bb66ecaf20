-- Close the rows of a layer that the stage changes or (when it replaces all) no longer names,
-- mark what stands unchanged, and count: added, changed, removed, unchanged.
-- Uses feature_current_once (layer, stable_id) on the current rows.
WITH compared AS MATERIALIZED (
    SELECT
        feature.id,
        stage.stable_id AS staged_id,
        coalesce(
            feature.geometry::bytea = stage.geometry::bytea
            AND feature.properties = stage.properties
            AND feature.lifecycle = stage.lifecycle
            AND class.code IS NOT DISTINCT FROM stage.land_use,
            false
        ) AS is_same
    FROM layers_feature AS feature
    LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
    LEFT JOIN layer_stage AS stage ON stage.stable_id = feature.stable_id
    WHERE feature.layer_id = %(layer_id)s AND feature.retired_in IS NULL
),
closed AS (
    UPDATE layers_feature AS feature
    SET retired_in = %(number)s
    FROM compared
    WHERE feature.id = compared.id
      AND NOT compared.is_same
      AND (compared.staged_id IS NOT NULL OR %(replaces_all)s)
    RETURNING compared.staged_id
),
kept AS (
    UPDATE layer_stage AS stage
    SET is_new = false
    FROM compared
    WHERE stage.stable_id = compared.staged_id AND compared.is_same
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM layer_stage) - (SELECT count(*) FROM compared WHERE staged_id IS NOT NULL)
        AS added,
    (SELECT count(*) FROM closed WHERE staged_id IS NOT NULL) AS changed,
    (SELECT count(*) FROM closed WHERE staged_id IS NULL) AS removed,
    (SELECT count(*) FROM kept)
        + (SELECT count(*) FROM compared WHERE staged_id IS NULL AND NOT %(replaces_all)s)
        AS unchanged
