-- Of which classes these layers hold more or fewer than at the versions seen last; also, with 0,
-- the classes of rows that began and ended in between: what a layer has held.
SELECT
    changed.layer_id, changed.land_use_id, sum(changed.more)::integer
FROM (
    SELECT
        noted.layer_id, feature.land_use_id, CASE WHEN noted.is_new THEN 1 ELSE -1 END AS more
    FROM conflict_change AS noted
    JOIN layers_feature AS feature
        ON feature.id = noted.feature_id AND feature.layer_id = noted.layer_id
    UNION ALL
    SELECT seen.layer_id, passing.land_use_id, 0
    FROM unnest(%(layers)s::bigint[], %(since)s::integer[]) AS seen(layer_id, number)
    CROSS JOIN LATERAL (
        SELECT feature.land_use_id
        FROM layers_feature AS feature
        WHERE feature.layer_id = seen.layer_id
          AND feature.retired_in > seen.number
          AND feature.introduced_in > seen.number
    ) AS passing
) AS changed
GROUP BY changed.layer_id, changed.land_use_id
ORDER BY changed.layer_id, changed.land_use_id
