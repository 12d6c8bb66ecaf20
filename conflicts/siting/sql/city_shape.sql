-- The ground of the city; NULL where no layer says where it ends.
SELECT ST_AsBinary(ST_Union(feature.geometry))
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE feature.retired_in IS NULL
  AND layer.slug = ANY(%(boundaries)s)
  AND ST_Dimension(feature.geometry) = 2
