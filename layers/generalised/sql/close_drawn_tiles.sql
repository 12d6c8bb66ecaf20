-- Close the drawn squares that what a version brings or takes away touches.
-- Uses feature_introduced and feature_retired (layer, number); few squares are drawn of a layer.
UPDATE layers_drawntile AS drawn
SET retired_in = %(number)s
WHERE drawn.kept_id = %(kept_id)s
  AND drawn.retired_in IS NULL
  AND EXISTS (
      SELECT 1
      FROM (
          SELECT geometry FROM layers_feature
          WHERE layer_id = %(layer_id)s AND introduced_in = %(number)s
          UNION ALL
          SELECT geometry FROM layers_feature
          WHERE layer_id = %(layer_id)s AND retired_in = %(number)s
      ) AS changed
      WHERE changed.geometry && drawn.square
  )
