-- The current features of some layers in a box that touch it, with one of their attributes (NULL: not recorded); wider or higher than
-- "wider_m" only; with "is_stated" those of which the attribute is recorded.
SELECT ST_AsBinary(feature.geometry), feature.properties->>%(attribute)s, layer.slug
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE feature.retired_in IS NULL
  AND layer.slug = ANY(%(layers)s)
  AND feature.geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
  AND (NOT %(is_stated)s OR feature.properties->>%(attribute)s IS NOT NULL)
  AND (
      %(wider_m)s < 0
      OR ST_XMax(feature.geometry) - ST_XMin(feature.geometry) > %(wider_m)s
      OR ST_YMax(feature.geometry) - ST_YMin(feature.geometry) > %(wider_m)s
  )
ORDER BY feature.id
