-- How far the middles of features that version `number` changes lie from where they were: medians
-- eastward and northward [m]. A median, so that a few features that did move decide nothing.
-- Uses the indexes on (layer_id, introduced_in) and (layer_id, retired_in).
WITH pairs AS (
    SELECT
        ST_X(ST_Centroid(after.geometry)) - ST_X(ST_Centroid(before.geometry)) AS east_m,
        ST_Y(ST_Centroid(after.geometry)) - ST_Y(ST_Centroid(before.geometry)) AS north_m
    FROM layers_feature AS before
    JOIN layers_feature AS after
        ON after.layer_id = before.layer_id
       AND after.stable_id = before.stable_id
       AND after.introduced_in = %(number)s
       AND after.retired_in IS NULL
    WHERE before.layer_id = %(layer_id)s
      AND before.retired_in = %(number)s
)
SELECT
    count(*),
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY east_m), 0),
    coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY north_m), 0)
FROM pairs
