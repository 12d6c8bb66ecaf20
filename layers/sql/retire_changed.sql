-- Close the current rows that a list of changes replaces or removes; return how many it replaces,
-- how many it removes, and the identifiers of those that stand unchanged.
-- Uses feature_current_once (layer, stable_id): the cost is that of the list, not of the layer.
WITH stage AS MATERIALIZED (
    SELECT staged.*
    FROM unnest(
        %(ids)s::text[], %(land_uses)s::text[], %(lifecycles)s::text[],
        %(geometries)s::text[], %(properties)s::text[]
    ) AS staged (stable_id, land_use, lifecycle, geometry, properties)
),
compared AS MATERIALIZED (
    SELECT
        feature.id,
        feature.stable_id,
        feature.geometry::bytea = stage.geometry::geometry::bytea
            AND feature.properties = stage.properties::jsonb
            AND feature.lifecycle = stage.lifecycle
            AND class.code IS NOT DISTINCT FROM stage.land_use AS is_same
    FROM stage
    CROSS JOIN LATERAL (
        SELECT feature.*
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(layer_id)s
          AND feature.stable_id = stage.stable_id
          AND feature.retired_in IS NULL
    ) AS feature
    LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
),
replaced AS (
    UPDATE layers_feature AS feature
    SET retired_in = %(number)s
    FROM compared
    WHERE feature.id = compared.id
      AND feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND NOT compared.is_same
    RETURNING 1
),
gone AS (
    UPDATE layers_feature AS feature
    SET retired_in = %(number)s
    WHERE feature.layer_id = %(layer_id)s
      AND feature.stable_id = ANY(%(removed)s::text[])
      AND feature.stable_id <> ALL(%(ids)s::text[])
      AND feature.retired_in IS NULL
    RETURNING 1
)
SELECT
    (SELECT count(*) FROM replaced),
    (SELECT count(*) FROM gone),
    ARRAY(SELECT stable_id::text FROM compared WHERE is_same)
