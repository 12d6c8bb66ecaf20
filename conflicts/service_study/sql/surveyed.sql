-- Where each of these layers was completely surveyed for the classes asked; NULL: nowhere.
SELECT layer.slug, ST_AsBinary(krong_surveyed_ground(layer.id, %(asked)s::text[]))
FROM layers_layer AS layer
WHERE layer.slug = ANY(%(layers)s)
ORDER BY layer.slug
