-- The features of a selection, none of a class left to another rule, that are more than two cells wide or high, or have no first corner.
SELECT
    ST_AsBinary(feature.geometry),
    class.code,
    feature.properties
FROM conflict_selection AS chosen
JOIN layers_feature AS feature ON feature.id = chosen.feature_id
LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
WHERE chosen.selection = %(selection)s
  AND (chosen.is_sure IS NULL) = %(is_unsure)s
  AND coalesce(class.code, '') <> ALL(%(left)s::text[])
  AND (
      %(all)s
      OR ST_StartPoint(feature.geometry) IS NULL
      OR ST_XMax(feature.geometry) - ST_XMin(feature.geometry) > 2 * %(size_m)s
      OR ST_YMax(feature.geometry) - ST_YMin(feature.geometry) > 2 * %(size_m)s
  )
ORDER BY feature.id
