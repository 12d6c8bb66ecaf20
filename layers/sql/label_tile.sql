-- The names of a layer in one square as it stood in one version, as a Mapbox vector tile.
-- A name is written once, in the square that holds the middle of its feature.
-- The square is given in PROJECT_SRID, so the stored column is compared as it is: the partial
-- indexes feature_current_layer_geometry and feature_past_layer_geometry serve the two branches.
-- Both branches always run: a version published meanwhile cannot tear the picture.
WITH ground AS (
    SELECT ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s) AS square
),
standing AS NOT MATERIALIZED (
    SELECT feature.id, feature.stable_id, feature.land_use_id, feature.geometry, feature.properties
    FROM layers_feature AS feature, ground
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND feature.introduced_in <= %(version)s
      AND feature.geometry && ground.square
      AND (%(classes)s::bigint[] IS NULL OR feature.land_use_id = ANY(%(classes)s::bigint[]))
      AND (%(lifecycles)s::text[] IS NULL OR feature.lifecycle = ANY(%(lifecycles)s::text[]))
      AND (%(properties)s::jsonb IS NULL OR feature.properties @> %(properties)s::jsonb)
    UNION ALL
    SELECT feature.id, feature.stable_id, feature.land_use_id, feature.geometry, feature.properties
    FROM layers_feature AS feature, ground
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NOT NULL
      AND feature.retired_in > %(version)s
      AND feature.introduced_in <= %(version)s
      AND feature.geometry && ground.square
      AND (%(classes)s::bigint[] IS NULL OR feature.land_use_id = ANY(%(classes)s::bigint[]))
      AND (%(lifecycles)s::text[] IS NULL OR feature.lifecycle = ANY(%(lifecycles)s::text[]))
      AND (%(properties)s::jsonb IS NULL OR feature.properties @> %(properties)s::jsonb)
)
SELECT ST_AsMVT(named, %(slug)s || '-label', %(grid)s, 'shape', 'id')
FROM (
    SELECT
        standing.id,
        ST_AsMVTGeom(
            middle.point, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, 0, true
        ) AS shape,
        standing.stable_id,
        class.code AS class,
        standing.properties ->> %(name_km)s AS name_km,
        standing.properties ->> %(name_en)s AS name_en,
        standing.properties ->> %(name)s AS name
    FROM standing
    LEFT JOIN layers_landuseclass AS class ON class.id = standing.land_use_id
    CROSS JOIN LATERAL (
        SELECT ST_Transform(ST_PointOnSurface(standing.geometry), 3857) AS point
    ) AS middle
    WHERE standing.properties ?| ARRAY[%(name_km)s, %(name_en)s, %(name)s]
      AND middle.point && ST_TileEnvelope(%(z)s, %(x)s, %(y)s)
    ORDER BY standing.stable_id
) AS named
WHERE shape IS NOT NULL
