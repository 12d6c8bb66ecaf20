-- Of a selection by likeness: the subjects whose neighbourhood (reach_m around them) is not inside the
-- complete survey of enough of these layers for the classes asked. How many, and the first few by
-- name. Only subjects near ground that one of the layers did not survey are looked at one by one,
-- by the GiST index; around all others everything was surveyed.
WITH frame AS (
    SELECT ST_Expand(ST_MakeEnvelope(
        %(west)s, %(south)s, %(east)s, %(north)s, %(srid)s
    ), %(reach_m)s + 1) AS geometry
),
blind AS MATERIALIZED (
    SELECT part.geometry
    FROM frame
    CROSS JOIN unnest(%(layers)s::text[]) AS layer(slug)
    LEFT JOIN conflict_surveyed AS surveyed
        ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
    CROSS JOIN LATERAL ST_Subdivide(
        CASE
            WHEN surveyed.geometry IS NULL THEN frame.geometry
            ELSE ST_Difference(frame.geometry, surveyed.geometry)
        END, 128
    ) AS part(geometry)
),
doubtful AS MATERIALIZED (
    SELECT DISTINCT around.id, around.stable_id
    FROM blind
    CROSS JOIN LATERAL (
        SELECT
            feature.id, feature.stable_id, feature.geometry,
            feature.layer_id, feature.land_use_id, feature.lifecycle
        FROM conflict_ground AS feature
        WHERE feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(blind.geometry, %(reach_m)s + 0.01)
          AND (%(own_layer)s::text IS NULL OR feature.layer_id = (
              SELECT layer.id FROM layers_layer AS layer WHERE layer.slug = %(own_layer)s
          ))
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT 1
        FROM conflict_meant AS meant
        WHERE meant.selection = %(subject)s
          AND meant.layer_id = around.layer_id
          AND meant.land_use_id = coalesce(around.land_use_id, 0)
          AND meant.lifecycle = around.lifecycle
        OFFSET 0
    ) AS wanted
    WHERE ST_Intersects(blind.geometry, ST_Expand(around.geometry, %(reach_m)s + 0.01))
),
covered AS MATERIALIZED (
    SELECT inside.feature_id
    FROM conflict_surveyed AS surveyed
    CROSS JOIN LATERAL (
        SELECT feature.id AS feature_id
        FROM doubtful
        JOIN conflict_ground AS feature ON feature.id = doubtful.id
        WHERE ST_Covers(surveyed.geometry, ST_Expand(feature.geometry, %(reach_m)s))
           OR (
               ST_Covers(surveyed.geometry, feature.geometry)
               AND ST_Distance(surveyed.edge, feature.geometry) >= %(reach_m)s
           )
        OFFSET 0
    ) AS inside
    WHERE surveyed.layer_slug = ANY(%(layers)s) AND surveyed.asked = %(asked)s::text[]
    GROUP BY inside.feature_id
    HAVING count(*) >= %(layers_needed)s
),
uncovered AS MATERIALIZED (
    SELECT doubtful.stable_id
    FROM doubtful
    WHERE NOT EXISTS (SELECT 1 FROM covered WHERE covered.feature_id = doubtful.id)
)
SELECT
    (SELECT count(*) FROM uncovered),
    ARRAY(SELECT stable_id FROM uncovered ORDER BY stable_id COLLATE "C" LIMIT %(examples)s)
