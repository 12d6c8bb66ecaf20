-- How many features of a layer touch a square in a version.
SELECT count(*)
FROM layers_feature
WHERE layer_id = %(layer_id)s
  AND introduced_in <= %(version)s
  AND (retired_in IS NULL OR retired_in > %(version)s)
  AND geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
