-- The areas that people are counted by, in the order of their identifiers.
SELECT feature.id, ST_AsBinary(ST_Force2D(feature.geometry))
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE feature.retired_in IS NULL
  AND layer.slug = %(layer)s
  AND ST_Dimension(feature.geometry) = 2
ORDER BY feature.stable_id
