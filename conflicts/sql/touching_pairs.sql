-- Pairs of the two selections whose boxes meet, as "candidate": a part of other questions.
--
-- "outer" is the side with fewer features, cut into pieces of at most 128 corners.
piece AS MATERIALIZED (
    SELECT feature.id AS outer_row, part.geometry
    FROM (
    {outer_side.sql}
    ) AS feature
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
),
candidate AS MATERIALIZED (
    SELECT piece.outer_row, piece.geometry AS piece, around.id AS inner_row, around.geometry
    FROM piece
    {around_piece.sql}
    WHERE around.id <> piece.outer_row
),
