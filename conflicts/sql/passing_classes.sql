-- The classes of rows of one layer that began and ended after the version seen last: what the layer
-- has held since, and never shows again.
SELECT DISTINCT feature.land_use_id
FROM layers_feature AS feature
WHERE feature.layer_id = %(layer)s
  AND feature.retired_in > %(since)s
  AND feature.introduced_in > %(since)s
ORDER BY feature.land_use_id
