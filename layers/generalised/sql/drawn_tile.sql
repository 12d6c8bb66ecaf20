-- One square as it was drawn, where it is the same in a version that the kept squares follow.
-- Uses drawn_tile_of_version (kept, zoom, column, row, version).
SELECT drawn.content
FROM layers_drawntile AS drawn
JOIN layers_denselayer AS layer ON layer.id = drawn.kept_id
WHERE layer.layer_id = %(layer_id)s
  AND layer.recipe = %(dense_recipe)s
  AND layer.last_number >= %(version)s
  AND drawn.recipe = %(recipe)s
  AND drawn.zoom = %(zoom)s
  AND drawn."column" = %(column)s
  AND drawn."row" = %(row)s
  AND drawn.introduced_in <= %(version)s
  AND (drawn.retired_in IS NULL OR drawn.retired_in > %(version)s)
