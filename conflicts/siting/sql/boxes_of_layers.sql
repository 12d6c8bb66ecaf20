-- The cells that the boxes of the current features of some layers reach over (columns and rows from the grid's north-west corner), each set
-- once: of areas and points within the grid, at most two cells wide and high.
SELECT DISTINCT
    floor((ST_XMin(feature.geometry) - %(west)s) / %(size_m)s)::integer,
    floor((%(north)s - ST_YMax(feature.geometry)) / %(size_m)s)::integer,
    floor((ST_XMax(feature.geometry) - %(west)s) / %(size_m)s)::integer,
    floor((%(north)s - ST_YMin(feature.geometry)) / %(size_m)s)::integer
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE feature.retired_in IS NULL
  AND layer.slug = ANY(%(layers)s)
  AND feature.geometry && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
  AND ST_XMax(feature.geometry) - ST_XMin(feature.geometry) <= 2 * %(size_m)s
  AND ST_YMax(feature.geometry) - ST_YMin(feature.geometry) <= 2 * %(size_m)s
