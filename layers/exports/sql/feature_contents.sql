-- What the features of a version are: by class, lifecycle and type of shape, with corner points.
SELECT
    class.code,
    feature.lifecycle,
    GeometryType(feature.geometry) AS shape,
    count(*) AS features,
    sum(ST_NPoints(feature.geometry)) AS points,
    max(ST_NPoints(feature.geometry)) AS most_points
FROM layers_feature AS feature
LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
WHERE feature.layer_id = %(layer_id)s
  AND feature.introduced_in <= %(number)s
  AND (feature.retired_in IS NULL OR feature.retired_in > %(number)s)
GROUP BY class.code, feature.lifecycle, GeometryType(feature.geometry)
ORDER BY class.code, feature.lifecycle, shape
