-- The ground that each pair of the two selections shares, as "paired": a part of other questions.
-- Materialised: each pair is cut once.
{touching_pairs.sql}
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
