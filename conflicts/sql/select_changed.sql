-- Of the changed rows those that some selectors mean, as select_features.sql tells of rows that stand.
-- "asked" has a row for each selector and each group of rows (layer, class, stage, begun or ended)
-- that it may mean; what is left is the condition on their attributes, and shapes without an area.
INSERT INTO conflict_selection (
    selection, feature_id, layer_slug, stable_id, is_sure, lacks_area
)
SELECT
    asked.selection, changed.feature_id, changed.layer_slug, changed.stable_id,
    CASE WHEN NOT shape.lacks_area THEN condition.holds END,
    shape.lacks_area
FROM jsonb_to_recordset(%(asked)s::jsonb) AS asked (
    selection integer, condition text, areas_only boolean,
    layer_id bigint, land_use_id bigint, lifecycle text, is_new boolean
)
JOIN conflict_change AS changed
    ON changed.layer_id = asked.layer_id
    AND changed.land_use_id IS NOT DISTINCT FROM asked.land_use_id
    AND changed.lifecycle = asked.lifecycle
    AND changed.is_new = asked.is_new
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN asked.condition IS NULL THEN true
        ELSE jsonb_path_match(
            jsonb_strip_nulls(changed.properties), asked.condition::jsonpath, '{}', true
        )
    END AS holds
) AS condition
CROSS JOIN LATERAL (
    SELECT asked.areas_only AND ST_Dimension(changed.geometry) < 2 AS lacks_area
) AS shape
WHERE condition.holds IS DISTINCT FROM false
