-- In which squares of a zoom the middles of a layer's features lie that came from %(since)s to
-- %(version)s and stand in %(version)s, where there are at least so many. A rough count, only to
-- find where it is worth keeping shapes.
SELECT "column", "row"
FROM (
    SELECT
        floor((ST_X(middle) / %(equator_m)s + 0.5) * 2.0 ^ %(zoom)s)::int AS "column",
        floor((0.5 - ST_Y(middle) / %(equator_m)s) * 2.0 ^ %(zoom)s)::int AS "row"
    FROM (
        SELECT ST_Transform(ST_SetSRID(ST_MakePoint(
            (ST_XMin(geometry) + ST_XMax(geometry)) / 2, (ST_YMin(geometry) + ST_YMax(geometry)) / 2
        ), %(srid)s), 3857) AS middle
        FROM layers_feature
        WHERE layer_id = %(layer_id)s
          AND introduced_in BETWEEN %(since)s AND %(version)s
          AND (retired_in IS NULL OR retired_in > %(version)s)
    ) AS placed
) AS counted
GROUP BY "column", "row"
HAVING count(*) >= %(least)s
ORDER BY "column", "row"
