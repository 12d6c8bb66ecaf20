-- The squares worth drawing of which none is kept for the newest version: dense ones of the lowest
-- zoom that has them, and those from afar that hold many cells.
SELECT wanted.zoom, wanted."column", wanted."row"
FROM (
    SELECT tile.zoom, tile."column", tile."row"
    FROM layers_densetile AS tile
    JOIN layers_denselayer AS kept ON kept.id = tile.kept_id
    WHERE kept.layer_id = %(layer_id)s AND tile.zoom <= %(highest)s
    UNION ALL
    SELECT zoom, "column" >> 7, "row" >> 7
    FROM layers_generalisedcell
    WHERE %(has_low_zooms)s
      AND layer_id = %(layer_id)s
      AND retired_in IS NULL
      AND zoom >= %(lowest)s
    GROUP BY zoom, "column" >> 7, "row" >> 7
    HAVING count(*) >= %(least)s
) AS wanted
WHERE NOT EXISTS (
    SELECT 1 FROM layers_drawntile AS drawn
    JOIN layers_denselayer AS kept ON kept.id = drawn.kept_id
    WHERE kept.layer_id = %(layer_id)s
      AND drawn.retired_in IS NULL
      AND drawn.recipe = %(recipe)s
      AND drawn.zoom = wanted.zoom
      AND drawn."column" = wanted."column"
      AND drawn."row" = wanted."row"
)
ORDER BY zoom, "column", "row"
