-- The areas of a layer in one version, from west to east.
SELECT feature.stable_id, ST_AsBinary(ST_CollectionExtract(feature.geometry, 3)), true
FROM layers_feature AS feature
WHERE feature.layer_id = %(layer_id)s
  AND feature.introduced_in <= %(number)s
  AND (feature.retired_in IS NULL OR feature.retired_in > %(number)s)
  AND ST_Dimension(feature.geometry) = 2
ORDER BY ST_XMin(feature.geometry), feature.stable_id
