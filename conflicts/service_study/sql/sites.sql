-- The places of one service. Sure: of one of its classes, or of a wider class with the attribute
-- that tells. Unsure: of the wider class, and nobody recorded the attribute; or one that must have
-- some size, and is drawn without any.
SELECT
    ST_AsBinary(ST_Force2D(feature.geometry)),
    layer.slug,
    feature.stable_id,
    feature.lifecycle,
    (
        class.code = ANY(%(classes)s)
        OR coalesce(feature.properties ->> %(attribute)s, '') = %(value)s
    ) AND (%(least_site_m2)s = 0 OR ST_Dimension(feature.geometry) = 2) AS is_sure,
    CASE WHEN jsonb_typeof(feature.properties -> %(places)s) = 'number'
        THEN (feature.properties ->> %(places)s)::float8 END,
    CASE WHEN jsonb_typeof(feature.properties -> 'plan_year') = 'number'
        THEN (feature.properties ->> 'plan_year')::float8 END
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
WHERE feature.retired_in IS NULL
  AND feature.lifecycle = ANY(%(stages)s)
  AND (
      class.code = ANY(%(classes)s)
      OR (
          class.code = ANY(%(wider)s)
          AND coalesce(NULLIF(feature.properties ->> %(attribute)s, ''), %(value)s) = %(value)s
      )
  )
  AND NOT (
      ST_Dimension(feature.geometry) = 2 AND ST_Area(feature.geometry) < %(least_site_m2)s
  )
  AND layer.slug <> ALL(%(except_layers)s)
ORDER BY layer.slug, feature.stable_id
