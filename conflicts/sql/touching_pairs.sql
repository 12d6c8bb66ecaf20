-- Pairs of the two selections whose boxes meet, as "candidate": a part of other questions.
--
-- "outer" is the side with fewer features, cut into pieces of at most 128 corners; OFFSET 0 makes
-- each piece ask the GiST index of the current features, and each neighbour the key of
-- conflict_selection.
piece AS MATERIALIZED (
    SELECT chosen.feature_id AS outer_row, part.geometry
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS feature ON feature.id = chosen.feature_id
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
    WHERE chosen.selection = %(outer)s AND chosen.is_sure
),
candidate AS MATERIALIZED (
    SELECT piece.outer_row, piece.geometry AS piece, around.id AS inner_row, around.geometry
    FROM piece
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.geometry
        FROM conflict_ground AS feature
        WHERE feature.retired_in IS NULL AND feature.geometry && piece.geometry
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT 1
        FROM conflict_selection AS chosen
        WHERE chosen.selection = %(inner)s AND chosen.feature_id = around.id AND chosen.is_sure
        OFFSET 0
    ) AS wanted
    WHERE around.id <> piece.outer_row
),
