-- How many features differ between two versions of a layer (low < high), by how they differ.
-- feature_introduced and feature_retired give only what changed in between.
WITH low AS (
    SELECT *
    FROM layers_feature
    WHERE layer_id = %(layer_id)s
      AND introduced_in <= %(low)s
      AND retired_in > %(low)s AND retired_in <= %(high)s
),
high AS (
    SELECT *
    FROM layers_feature
    WHERE layer_id = %(layer_id)s
      AND introduced_in > %(low)s AND introduced_in <= %(high)s
      AND (retired_in IS NULL OR retired_in > %(high)s)
),
compared AS (
    SELECT
        low.id IS NULL AS is_later_only,
        high.id IS NULL AS is_earlier_only,
        low.geometry::bytea IS DISTINCT FROM high.geometry::bytea AS is_moved,
        (low.properties, low.lifecycle, low.land_use_id)
            IS DISTINCT FROM (high.properties, high.lifecycle, high.land_use_id) AS is_reworded
    FROM low
    FULL JOIN high ON high.stable_id = low.stable_id
)
SELECT
    count(*) FILTER (WHERE is_later_only),
    count(*) FILTER (WHERE is_earlier_only),
    count(*) FILTER (WHERE NOT is_later_only AND NOT is_earlier_only AND is_moved AND NOT is_reworded),
    count(*) FILTER (WHERE NOT is_later_only AND NOT is_earlier_only AND is_reworded AND NOT is_moved),
    count(*) FILTER (WHERE NOT is_later_only AND NOT is_earlier_only AND is_moved AND is_reworded)
FROM compared
