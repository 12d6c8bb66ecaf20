-- One square of a layer as it stood in one version, as a Mapbox vector tile.
-- The square is given in PROJECT_SRID, so the stored column is compared as it is: the partial
-- indexes feature_current_layer_geometry and feature_past_layer_geometry serve the two branches.
-- Both branches always run: a version published meanwhile cannot tear the picture.
WITH ground AS (
    SELECT ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s) AS square
),
standing AS (
    SELECT feature.id, feature.stable_id, feature.land_use_id, feature.geometry, feature.properties
    FROM layers_feature AS feature, ground
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND feature.introduced_in <= %(version)s
      AND feature.geometry && ground.square
    UNION ALL
    SELECT feature.id, feature.stable_id, feature.land_use_id, feature.geometry, feature.properties
    FROM layers_feature AS feature, ground
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NOT NULL
      AND feature.retired_in > %(version)s
      AND feature.introduced_in <= %(version)s
      AND feature.geometry && ground.square
),
drawn AS (
    SELECT
        standing.id,
        ST_AsMVTGeom(
            ST_Transform(
                CASE
                    WHEN %(tolerance_m)s > 0 AND ST_Dimension(standing.geometry) > 0
                    THEN ST_Simplify(standing.geometry, %(tolerance_m)s, true)
                    ELSE standing.geometry
                END,
                3857
            ),
            ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, %(margin)s, true
        ) AS shape,
        jsonb_strip_nulls(
            jsonb_build_object(
                'stable_id', standing.stable_id,
                'class', class.code,
                'name_km', standing.properties ->> %(name_km)s,
                'name_en', standing.properties ->> %(name_en)s,
                'name', standing.properties ->> %(name)s
            )
            || CASE
                WHEN %(colour_property)s::text IS NULL THEN '{}'::jsonb
                ELSE jsonb_build_object(
                    %(colour_property)s::text, standing.properties -> %(colour_property)s::text
                )
            END
        ) AS attributes
    FROM standing
    LEFT JOIN layers_landuseclass AS class ON class.id = standing.land_use_id
    WHERE ST_Dimension(standing.geometry) = 0
       OR greatest(
            ST_XMax(standing.geometry) - ST_XMin(standing.geometry),
            ST_YMax(standing.geometry) - ST_YMin(standing.geometry)
       ) >= %(smallest_m)s
    ORDER BY standing.stable_id
),
-- A name is written once, in the square that holds the middle of its feature.
named AS (
    SELECT
        drawn.id,
        ST_AsMVTGeom(
            middle.point, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, 0, true
        ) AS shape,
        drawn.attributes
    FROM drawn
    JOIN standing ON standing.id = drawn.id
    CROSS JOIN LATERAL (
        SELECT ST_Transform(ST_PointOnSurface(standing.geometry), 3857) AS point
    ) AS middle
    WHERE %(has_label)s
      AND drawn.attributes ?| ARRAY['name_km', 'name_en', 'name']
      AND middle.point && ST_TileEnvelope(%(z)s, %(x)s, %(y)s)
)
SELECT
    (SELECT ST_AsMVT(drawn, %(slug)s, %(grid)s, 'shape', 'id') FROM drawn WHERE shape IS NOT NULL)
    || (SELECT ST_AsMVT(named, %(slug)s || '-label', %(grid)s, 'shape', 'id') FROM named
        WHERE shape IS NOT NULL)
