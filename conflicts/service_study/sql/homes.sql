-- Residential buildings, packed: row, middle (x, y), floor area, people, dwellings, stage; 50,000 a
-- row so that a million cross in a second. What is not recorded as a number of 0 or more is NaN.
SELECT string_agg(
    int8send(home.id)
    || float8send(ST_X(home.middle)) || float8send(ST_Y(home.middle))
    || float8send(home.footprint_m2 * coalesce(home.storeys, 1.0))
    || float8send(coalesce(home.people, 'NaN')) || float8send(coalesce(home.dwellings, 'NaN'))
    || int8send(array_position(%(stages)s::text[], home.lifecycle::text)),
    ''::bytea ORDER BY home.id
)
FROM (
    SELECT
        feature.id,
        feature.lifecycle,
        ST_Centroid(feature.geometry) AS middle,
        ST_Area(feature.geometry) AS footprint_m2,
        CASE WHEN jsonb_typeof(feature.properties -> 'storeys') = 'number'
              AND (feature.properties ->> 'storeys')::float8 > 0
            THEN (feature.properties ->> 'storeys')::float8 END AS storeys,
        CASE WHEN jsonb_typeof(feature.properties -> 'people') = 'number'
              AND (feature.properties ->> 'people')::float8 >= 0
            THEN (feature.properties ->> 'people')::float8 END AS people,
        CASE WHEN jsonb_typeof(feature.properties -> 'dwellings') = 'number'
              AND (feature.properties ->> 'dwellings')::float8 >= 0
            THEN (feature.properties ->> 'dwellings')::float8 END AS dwellings
    FROM layers_feature AS feature
    JOIN layers_layer AS layer ON layer.id = feature.layer_id
    JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
    WHERE feature.retired_in IS NULL
      AND layer.slug = ANY(%(layers)s)
      AND class.code = ANY(%(classes)s)
      AND feature.lifecycle = ANY(%(stages)s)
) AS home
GROUP BY home.id / 50000
ORDER BY home.id / 50000
