-- Ground within the extent that a layer must cover and that nothing covers in this version: pieces
-- that hold a disc as wide as the tolerance. `is_new`: something covered it before, or the layer
-- had nothing before.
WITH demanded AS (
    SELECT must_cover
    FROM layers_layertopology
    WHERE layer_id = %(layer_id)s AND must_cover IS NOT NULL
),
covered AS (
    SELECT ST_Union(geometry) AS ground
    FROM layers_feature
    WHERE layer_id = %(layer_id)s AND retired_in IS NULL
),
pieces AS MATERIALIZED (
    SELECT (ST_Dump(ST_CollectionExtract(
        CASE WHEN covered.ground IS NULL THEN demanded.must_cover
             ELSE ST_Difference(demanded.must_cover, covered.ground) END, 3
    ))).geom AS piece
    FROM demanded
    CROSS JOIN covered
),
wide AS MATERIALIZED (
    SELECT piece, ST_Buffer(piece, -%(tolerance_m)s / 2) AS core
    FROM pieces
    WHERE NOT ST_IsEmpty(ST_Buffer(piece, -%(tolerance_m)s / 2))
)
SELECT
    '' AS stable_id,
    '' AS other,
    ST_Area(piece) AS area_m2,
    ST_X(ST_PointOnSurface(core)) AS east_m,
    ST_Y(ST_PointOnSurface(core)) AS north_m,
    %(number)s = 1 OR EXISTS (
        SELECT 1
        FROM layers_feature AS gone
        WHERE gone.layer_id = %(layer_id)s AND gone.retired_in = %(number)s
          AND ST_Intersects(gone.geometry, core)
    ) AS is_new
FROM wide
ORDER BY area_m2 DESC, east_m, north_m
LIMIT %(most)s
