-- The lines of the street layers, each with what tells its level and who may use it.
SELECT
    ST_AsBinary(ST_Force2D(feature.geometry)),
    feature.lifecycle,
    coalesce(class.code, ''),
    feature.properties ->> 'layer',
    feature.properties ->> 'bridge',
    feature.properties ->> 'tunnel',
    feature.properties ->> 'highway',
    feature.properties ->> 'oneway',
    ARRAY[
        feature.properties ->> 'access',
        feature.properties ->> 'vehicle',
        feature.properties ->> 'motor_vehicle'
    ]
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
WHERE feature.retired_in IS NULL
  AND layer.slug = ANY(%(layers)s)
  AND feature.lifecycle = ANY(%(stages)s)
  AND ST_Dimension(feature.geometry) = 1
  AND coalesce(class.code, '') <> ALL(%(never)s)
ORDER BY layer.slug, feature.stable_id
