-- The features of a selection, none of a class left to another rule, that are at most two cells wide and high: the cells of their boxes and
-- of one point of each (columns and rows from the grid's north-west corner), each set once.
SELECT DISTINCT
    floor((ST_XMin(feature.geometry) - %(west)s) / %(size_m)s)::integer,
    floor((%(north)s - ST_YMax(feature.geometry)) / %(size_m)s)::integer,
    floor((ST_XMax(feature.geometry) - %(west)s) / %(size_m)s)::integer,
    floor((%(north)s - ST_YMin(feature.geometry)) / %(size_m)s)::integer,
    floor((ST_X(corner.point) - %(west)s) / %(size_m)s)::integer,
    floor((%(north)s - ST_Y(corner.point)) / %(size_m)s)::integer
FROM conflict_selection AS chosen
JOIN layers_feature AS feature ON feature.id = chosen.feature_id
LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
CROSS JOIN LATERAL (SELECT ST_StartPoint(feature.geometry) AS point) AS corner
WHERE chosen.selection = %(selection)s
  AND (chosen.is_sure IS NULL) = %(is_unsure)s
  AND coalesce(class.code, '') <> ALL(%(left)s::text[])
  AND corner.point IS NOT NULL
  AND ST_XMax(feature.geometry) - ST_XMin(feature.geometry) <= 2 * %(size_m)s
  AND ST_YMax(feature.geometry) - ST_YMin(feature.geometry) <= 2 * %(size_m)s
