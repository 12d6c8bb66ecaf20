-- What changes in the cells of one zoom: what changed one zoom above, four cells in one, and the
-- parts that are large enough there but too small here. Then the shapes seen at this zoom,
-- simplified from those one zoom above; what is thinner than half a pixel is drawn a pixel wide.
INSERT INTO generalised_delta
SELECT
    %(zoom)s, "column", "row", land_use_row, colour_value, sum(part_count), sum(area_dm2)
FROM (
    SELECT "column" >> 1 AS "column", "row" >> 1 AS "row", land_use_row, colour_value,
        part_count, area_dm2
    FROM generalised_delta WHERE zoom = %(zoom)s + 1
    UNION ALL
    SELECT "column" >> (%(top)s - %(zoom)s), "row" >> (%(top)s - %(zoom)s), land_use_row,
        colour_value, sign, sign * area_dm2
    FROM generalised_stage WHERE seen_from = %(zoom)s + 1
) AS brought
GROUP BY "column", "row", land_use_row, colour_value
HAVING sum(part_count) <> 0 OR sum(area_dm2) <> 0;
INSERT INTO generalised_shape
SELECT %(zoom)s, feature_row, seen_from,
    CASE
        WHEN ST_Dimension(geometry) = 2
            AND 2 * ST_Area(geometry) < %(pixel)s / 2 * ST_Perimeter(geometry)
        THEN ST_Buffer(
            ST_Simplify(ST_Boundary(geometry), %(pixel)s / 2, true), %(pixel)s / 2, 'quad_segs=1'
        )
        ELSE ST_Simplify(geometry, %(pixel)s / 2, true)
    END
FROM (
    SELECT feature_row, seen_from, geometry
    FROM generalised_shape WHERE zoom = %(zoom)s + 1
    UNION ALL
    SELECT feature_row, seen_from, geometry
    FROM generalised_stage WHERE %(zoom)s = %(top)s AND geometry IS NOT NULL
) AS finer
WHERE seen_from <= %(zoom)s;
