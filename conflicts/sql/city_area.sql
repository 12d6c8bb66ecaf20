-- Puts the ground of the city into conflict_city, once per detection: all areas of the layers that
-- say where the city ends. Without any the row holds NULL: nobody knows where the city ends.
INSERT INTO conflict_city (geometry)
SELECT ST_Union(feature.geometry)
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE feature.retired_in IS NULL
  AND layer.slug = ANY(%(boundaries)s)
  AND ST_Dimension(feature.geometry) = 2
HAVING NOT EXISTS (SELECT 1 FROM conflict_city)
