-- Which share (0 to 1) of an area one layer surveyed completely for the classes asked (none: for the
-- layer as a whole). Points and lines lie in it or not. The area is given in PROJECT_SRID.
SELECT coalesce(
    CASE
        WHEN ST_Area(area.geometry) > 0
            THEN ST_Area(ST_Intersection(known.geometry, area.geometry)) / ST_Area(area.geometry)
        ELSE ST_Covers(known.geometry, area.geometry)::integer
    END,
    0
)
FROM (SELECT %(area)s::geometry AS geometry) AS area
CROSS JOIN LATERAL (
    SELECT krong_surveyed_ground(%(layer)s, %(asked)s::text[], area.geometry) AS geometry
) AS known
