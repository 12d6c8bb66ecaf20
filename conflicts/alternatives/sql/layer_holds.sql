-- Whether a layer holds features of some classes and lifecycles (pairs, in two lists) on which a
-- condition holds or is not known to fail, and whether it holds one surely: as select_features.sql
-- tells them. Rows in "without" do not count.
WITH asked AS MATERIALIZED (
    SELECT pair.land_use, pair.lifecycle
    FROM unnest(%(classes)s::bigint[], %(lifecycles)s::text[]) AS pair(land_use, lifecycle)
)
SELECT
    EXISTS (
        SELECT 1
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(layer)s
          AND feature.retired_in IS NULL
          AND feature.id <> ALL(%(without)s::bigint[])
          AND (coalesce(feature.land_use_id, 0), feature.lifecycle::text) IN (SELECT * FROM asked)
          AND (%(where)s::jsonpath IS NULL OR jsonb_path_match(
              jsonb_strip_nulls(feature.properties), %(where)s::jsonpath, '{}', true
          ) IS DISTINCT FROM false)
    ),
    EXISTS (
        SELECT 1
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(layer)s
          AND feature.retired_in IS NULL
          AND feature.id <> ALL(%(without)s::bigint[])
          AND (coalesce(feature.land_use_id, 0), feature.lifecycle::text) IN (SELECT * FROM asked)
          AND (%(where)s::jsonpath IS NULL OR jsonb_path_match(
              jsonb_strip_nulls(feature.properties), %(where)s::jsonpath, '{}', true
          ))
          AND NOT (%(areas_only)s AND ST_Dimension(feature.geometry) < 2)
    )
