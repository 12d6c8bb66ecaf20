-- Close the kept shapes of what a version takes away.
-- Uses feature_retired (layer_id, number) and dense_shape_current (feature).
UPDATE layers_denseshape AS kept
SET retired_in = %(number)s
FROM layers_feature AS feature
WHERE feature.layer_id = %(layer_id)s
  AND feature.retired_in = %(number)s
  AND kept.retired_in IS NULL
  AND kept.feature_row = feature.id
