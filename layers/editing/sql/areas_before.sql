-- How features that a version changed lay before it.
SELECT stable_id, ST_AsBinary(geometry)
FROM layers_feature
WHERE layer_id = %(layer_id)s AND retired_in = %(number)s AND stable_id = ANY(%(names)s)
ORDER BY stable_id
