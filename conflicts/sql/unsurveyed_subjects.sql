-- Subjects whose neighbourhood (reach_m around them) is not inside the complete survey of enough of
-- these layers for the classes asked: about them the rule cannot tell. How many, and the first few by name. "own_layer" asks of the
-- subjects of one layer only.
-- OFFSET 0: one surveyed area after the other, so that PostGIS prepares each only once.
WITH covered AS MATERIALIZED (
    SELECT inside.feature_id
    FROM conflict_surveyed AS surveyed
    CROSS JOIN LATERAL (
        SELECT chosen.feature_id
        FROM conflict_selection AS chosen
        JOIN layers_feature AS feature ON feature.id = chosen.feature_id
        WHERE chosen.selection = %(subject)s
          AND chosen.is_sure
          AND (%(own_layer)s::text IS NULL OR chosen.layer_slug = %(own_layer)s)
          AND (
              ST_Covers(surveyed.geometry, ST_Expand(feature.geometry, %(reach_m)s))
              OR (
                  ST_Covers(surveyed.geometry, feature.geometry)
                  AND ST_Distance(surveyed.edge, feature.geometry) >= %(reach_m)s
              )
          )
        OFFSET 0
    ) AS inside
    WHERE surveyed.layer_slug = ANY(%(layers)s) AND surveyed.asked = %(asked)s::text[]
    GROUP BY inside.feature_id
    HAVING count(*) >= %(layers_needed)s
),
uncovered AS MATERIALIZED (
    SELECT chosen.stable_id
    FROM conflict_selection AS chosen
    WHERE chosen.selection = %(subject)s
      AND chosen.is_sure
      AND (%(own_layer)s::text IS NULL OR chosen.layer_slug = %(own_layer)s)
      AND NOT EXISTS (SELECT 1 FROM covered WHERE covered.feature_id = chosen.feature_id)
)
SELECT
    (SELECT count(*) FROM uncovered),
    ARRAY(SELECT stable_id FROM uncovered ORDER BY stable_id COLLATE "C" LIMIT %(examples)s)
