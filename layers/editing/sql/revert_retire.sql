-- Close what stands now but did not stand so in an earlier version; return how many of them
-- stood otherwise then, and how many not at all. Both sides are found by version number
-- (feature_introduced, feature_retired): the cost is what changed in between.
WITH since AS MATERIALIZED (
    SELECT feature.*
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.introduced_in > %(back_to)s
      AND feature.retired_in IS NULL
),
compared AS MATERIALIZED (
    SELECT
        since.id,
        earlier.id IS NOT NULL AS stood_then,
        coalesce(
            earlier.geometry::bytea = since.geometry::bytea
            AND earlier.properties = since.properties
            AND earlier.lifecycle = since.lifecycle
            AND earlier.land_use_id IS NOT DISTINCT FROM since.land_use_id,
            false
        ) AS is_same
    FROM since
    LEFT JOIN layers_feature AS earlier
        ON earlier.layer_id = %(layer_id)s
        AND earlier.stable_id = since.stable_id
        AND earlier.introduced_in <= %(back_to)s
        AND earlier.retired_in > %(back_to)s
),
closed AS (
    UPDATE layers_feature AS feature
    SET retired_in = %(number)s
    FROM compared
    WHERE feature.id = compared.id
      AND feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND NOT compared.is_same
    RETURNING compared.stood_then
)
SELECT
    count(*) FILTER (WHERE stood_then),
    count(*) FILTER (WHERE NOT stood_then)
FROM closed
