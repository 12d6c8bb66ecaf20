-- The current features of some layers in a box that touch it, with their attributes.
SELECT ST_AsBinary(feature.geometry), feature.properties, layer.slug
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE feature.retired_in IS NULL
  AND layer.slug = ANY(%(layers)s)
  AND feature.geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
ORDER BY feature.id
