-- Takes features that would change onto the ground as they stand; found by layer and name. What
-- stands in a hidden layer is as if it did not stand: whether there is such a name, no one is told.
WITH named AS MATERIALIZED (
    SELECT each.layer, each.name
    FROM unnest(%(layers)s::bigint[], %(names)s::text[]) AS each(layer, name)
),
standing AS MATERIALIZED (
    SELECT
        feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
        feature.geometry, feature.properties, feature.introduced_in
    FROM named
    JOIN layers_feature AS feature
        ON feature.layer_id = named.layer AND feature.stable_id = named.name
    WHERE feature.retired_in IS NULL
      AND feature.layer_id <> ALL(%(hidden)s::bigint[])
),
grown AS (
    INSERT INTO conflict_ground (
        id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties,
        introduced_in, retired_in
    )
    SELECT
        standing.id, standing.layer_id, standing.stable_id, standing.land_use_id,
        standing.lifecycle, standing.geometry, standing.properties, standing.introduced_in, NULL
    FROM standing
)
SELECT
    standing.id, standing.layer_id, standing.stable_id, standing.land_use_id, standing.lifecycle,
    ST_Dimension(standing.geometry)
FROM standing
ORDER BY standing.id
