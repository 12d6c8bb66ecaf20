-- The areas that came with one version and those beside them, from west to east; the former are
-- marked. Each area that came looks only at its neighbours (feature_current_layer_geometry).
WITH arrived AS MATERIALIZED (
    SELECT id, stable_id, geometry
    FROM layers_feature
    WHERE layer_id = %(layer_id)s AND retired_in IS NULL AND introduced_in = %(number)s
      AND ST_Dimension(geometry) = 2
),
met AS (
    SELECT stable_id, geometry, true AS has_arrived FROM arrived
    UNION ALL
    SELECT beside.stable_id, beside.geometry, false
    FROM (
        SELECT DISTINCT near.id
        FROM arrived
        CROSS JOIN LATERAL (
            SELECT feature.id
            FROM layers_feature AS feature
            WHERE feature.layer_id = %(layer_id)s
              AND feature.retired_in IS NULL
              AND feature.introduced_in < %(number)s
              AND feature.geometry && arrived.geometry
            OFFSET 0  -- the index inside
        ) AS near
        -- a first version has nothing before it: no neighbour is looked up
        WHERE %(number)s > 1
    ) AS named
    JOIN layers_feature AS beside
      ON beside.layer_id = %(layer_id)s AND beside.id = named.id AND beside.retired_in IS NULL
    WHERE ST_Dimension(beside.geometry) = 2
)
SELECT stable_id, ST_AsBinary(ST_CollectionExtract(geometry, 3)), has_arrived
FROM met
ORDER BY ST_XMin(geometry), stable_id
