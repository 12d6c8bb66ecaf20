-- How a layer differs between two of its versions (low < high), a page by identifier: the row that
-- stood in the low one and no longer in the high one, beside the row that stands there instead.
-- feature_introduced and feature_retired give only what changed in between.
WITH low AS (
    SELECT *
    FROM layers_feature
    WHERE layer_id = %(layer_id)s
      AND introduced_in <= %(low)s
      AND retired_in > %(low)s AND retired_in <= %(high)s
      AND stable_id > %(after)s
),
high AS (
    SELECT *
    FROM layers_feature
    WHERE layer_id = %(layer_id)s
      AND introduced_in > %(low)s AND introduced_in <= %(high)s
      AND (retired_in IS NULL OR retired_in > %(high)s)
      AND stable_id > %(after)s
),
compared AS MATERIALIZED (
    SELECT
        coalesce(low.stable_id, high.stable_id) AS stable_id,
        low.id AS low_id, high.id AS high_id,
        low.geometry::bytea IS DISTINCT FROM high.geometry::bytea AS is_moved,
        (low.properties, low.lifecycle, low.land_use_id)
            IS DISTINCT FROM (high.properties, high.lifecycle, high.land_use_id) AS is_reworded
    FROM low
    FULL JOIN high ON high.stable_id = low.stable_id
)
SELECT
    compared.stable_id, compared.low_id, compared.high_id, compared.is_moved, compared.is_reworded
FROM compared
WHERE is_moved OR is_reworded
ORDER BY compared.stable_id
LIMIT %(limit)s
