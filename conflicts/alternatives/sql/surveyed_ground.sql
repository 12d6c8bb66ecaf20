-- Where a layer is completely surveyed for all of some classes (none: as a whole); NULL: nowhere.
SELECT ST_AsBinary(krong_surveyed_ground(layer.id, %(asked)s::text[]))
FROM layers_layer AS layer
WHERE layer.slug = %(layer)s
