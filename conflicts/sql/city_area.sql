-- Puts the ground of the city into conflict_city, once per detection: all areas of the layers that
-- say where the city ends. Without any the row holds NULL: nobody knows where the city ends.
INSERT INTO conflict_city (geometry)
SELECT ST_Union(feature.geometry)
FROM layers_layer AS layer
CROSS JOIN LATERAL (  -- each layer asks its own features, not the city's all
    SELECT current.geometry
    FROM layers_feature AS current
    WHERE current.layer_id = layer.id
      AND current.retired_in IS NULL
      AND ST_Dimension(current.geometry) = 2
    OFFSET 0
) AS feature
WHERE layer.slug = ANY(%(boundaries)s)
HAVING NOT EXISTS (SELECT 1 FROM conflict_city)
