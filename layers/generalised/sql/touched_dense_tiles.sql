-- The kept squares that features of one version touch: by the very box that a tile is drawn with.
SELECT DISTINCT tile.id, tile.zoom, tile."column", tile."row"
FROM layers_feature AS feature
JOIN layers_densetile AS tile ON tile.kept_id = %(kept_id)s AND feature.geometry && tile.square
WHERE feature.layer_id = %(layer_id)s
  AND feature.introduced_in = %(number)s
ORDER BY tile.id
