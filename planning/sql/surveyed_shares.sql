-- Which share (0 to 1) of a site each asked layer surveyed completely. A layer without a row
-- surveyed nothing of it. Uses the GiST index on layers_surveyedarea.geometry.
WITH site AS (
    SELECT ST_GeomFromWKB(%(site)s, %(srid)s) AS geometry
),
known AS (
    SELECT surveyed.layer_id, ST_Union(surveyed.geometry) AS geometry
    FROM layers_surveyedarea AS surveyed
    JOIN site ON ST_Intersects(surveyed.geometry, site.geometry)
    WHERE surveyed.layer_id = ANY(%(layer_ids)s::bigint[])
      AND surveyed.completeness = 'complete'
    GROUP BY surveyed.layer_id
)
SELECT
    known.layer_id,
    ST_Area(ST_Intersection(known.geometry, site.geometry)) / ST_Area(site.geometry) AS share
FROM known
CROSS JOIN site
ORDER BY known.layer_id
