-- The ground that each pair of the two selections shares, as "paired": a part of other questions.
--
-- "outer" is the side with fewer features, cut into pieces of at most 128 corners; OFFSET 0 makes
-- each piece ask the GiST index of the current features, and each neighbour the key of
-- conflict_selection. Materialised: each pair is cut once.
piece AS MATERIALIZED (
    SELECT chosen.feature_id AS outer_row, part.geometry
    FROM conflict_selection AS chosen
    JOIN layers_feature AS feature ON feature.id = chosen.feature_id
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
    WHERE chosen.selection = %(outer)s AND chosen.is_sure
),
candidate AS MATERIALIZED (
    SELECT piece.outer_row, piece.geometry AS piece, around.id AS inner_row, around.geometry
    FROM piece
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.geometry
        FROM layers_feature AS feature
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
cut AS MATERIALIZED (
    SELECT
        candidate.outer_row,
        candidate.inner_row,
        CASE
            WHEN ST_Covers(candidate.piece, candidate.geometry) THEN candidate.geometry
            ELSE ST_Intersection(candidate.piece, candidate.geometry)
        END AS geometry
    FROM candidate
    WHERE ST_Intersects(candidate.piece, candidate.geometry)
),
paired AS MATERIALIZED (
    SELECT
        CASE WHEN %(outer_is_subject)s THEN cut.outer_row ELSE cut.inner_row END AS subject_row,
        CASE WHEN %(outer_is_subject)s THEN cut.inner_row ELSE cut.outer_row END AS object_row,
        ST_Union(cut.geometry) AS geometry
    FROM cut
    GROUP BY cut.outer_row, cut.inner_row
),
