-- Features of a version that have exactly the shape of another one, the largest groups first.
SELECT count(*) OVER () AS groups, sum(count(*)) OVER () AS features,
       (array_agg(feature.stable_id ORDER BY feature.stable_id))[1:8] AS stable_ids
FROM layers_feature AS feature
WHERE feature.layer_id = %(layer_id)s
  AND feature.introduced_in <= %(number)s
  AND (feature.retired_in IS NULL OR feature.retired_in > %(number)s)
GROUP BY md5(ST_AsBinary(feature.geometry))
HAVING count(*) > 1
ORDER BY count(*) DESC, min(feature.stable_id)
LIMIT 20
