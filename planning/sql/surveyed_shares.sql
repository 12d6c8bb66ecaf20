-- Which share (0 to 1) of a site each asked layer surveyed completely. A layer without a row
-- surveyed nothing of it. A survey that names classes counts once it names all the layer holds.
WITH site AS (
    SELECT ST_GeomFromWKB(%(site)s, %(srid)s) AS geometry
),
known AS MATERIALIZED (
    SELECT layer.id AS layer_id, krong_surveyed_ground(layer.id, '{}', site.geometry) AS geometry
    FROM layers_layer AS layer
    CROSS JOIN site
    WHERE layer.id = ANY(%(layer_ids)s::bigint[])
)
SELECT
    known.layer_id,
    ST_Area(ST_Intersection(known.geometry, site.geometry)) / ST_Area(site.geometry) AS share
FROM known
CROSS JOIN site
WHERE known.geometry IS NOT NULL
ORDER BY known.layer_id
