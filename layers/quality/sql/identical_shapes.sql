-- Features of a version that have exactly the shape of another one, each with the first of them by
-- name; the largest groups first. At most so many rows; groups and features count all of them.
WITH shaped AS MATERIALIZED (
    SELECT feature.id, feature.stable_id, md5(ST_AsBinary(feature.geometry)) AS digest
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.introduced_in <= %(number)s
      AND (feature.retired_in IS NULL OR feature.retired_in > %(number)s)
),
placed AS (
    SELECT
        shaped.*,
        first_value(stable_id) OVER by_name AS first_id,
        row_number() OVER by_name AS place,
        count(*) OVER (PARTITION BY digest) AS size
    FROM shaped
    WINDOW by_name AS (PARTITION BY digest ORDER BY stable_id)
),
alike AS MATERIALIZED (
    SELECT * FROM placed WHERE size > 1
)
SELECT
    alike.first_id,
    alike.stable_id,
    ST_X(ST_PointOnSurface(feature.geometry)),
    ST_Y(ST_PointOnSurface(feature.geometry)),
    (SELECT count(*) FROM alike WHERE place = 1) AS groups,
    (SELECT count(*) FROM alike) AS features
FROM alike
JOIN layers_feature AS feature ON feature.layer_id = %(layer_id)s AND feature.id = alike.id
WHERE alike.place > 1
ORDER BY alike.size DESC, alike.first_id, alike.stable_id
LIMIT %(most)s
