-- Selects the current features that one selector means near others (edge to edge, up to "metres"),
-- and takes them onto the ground. Large origins are cut, so that their boxes stay small; OFFSET 0
-- makes each piece ask the GiST index of the current features.
WITH piece AS MATERIALIZED (
    SELECT part.geometry
    FROM (
        SELECT DISTINCT chosen.feature_id
        FROM conflict_selection AS chosen
        WHERE chosen.selection = ANY(%(origins)s)
    ) AS origin
    JOIN layers_feature AS feature ON feature.id = origin.feature_id
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
),
around AS MATERIALIZED (
    SELECT DISTINCT found.id, found.layer_id
    FROM piece
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.layer_id, feature.land_use_id, feature.geometry
        FROM layers_feature AS feature
        WHERE feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(piece.geometry, %(metres)s)
        OFFSET 0
    ) AS found
    WHERE (
        %(classes)s::text[] IS NULL OR found.land_use_id IN (
            SELECT class.id FROM layers_landuseclass AS class WHERE class.code = ANY(%(classes)s)
        )
    )
      AND ST_DWithin(piece.geometry, found.geometry, %(metres)s)
),
{take_meant.sql}
