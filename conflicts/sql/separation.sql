-- Pairs nearer to each other than min_distance_m, edge to edge; at exactly that distance: none.
--
-- "outer" is the side with fewer features; its large shapes are cut into pieces so that their
-- boxes stay small. OFFSET 0 makes each piece ask the GiST index of the current features, and each
-- neighbour the key of conflict_selection; the planner cannot guess how few they are.
-- The pieces only find candidates (with a centimetre to spare, because cutting rounds); what
-- decides is ST_Distance of the whole shapes.
-- A pair that two selectors share is reported once, and one place recorded in two layers (the same
-- class, touching) does not conflict with itself.
WITH piece AS MATERIALIZED (
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
        WHERE feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(piece.geometry, %(min_distance_m)s + 0.01)
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
near AS MATERIALIZED (
    SELECT DISTINCT
        CASE WHEN %(outer_is_subject)s THEN outer_row ELSE inner_row END AS subject_row,
        CASE WHEN %(outer_is_subject)s THEN inner_row ELSE outer_row END AS object_row
    FROM candidate
    WHERE ST_DWithin(candidate.piece, candidate.geometry, %(min_distance_m)s + 0.01)
),
measured AS MATERIALIZED (
    SELECT
        subject.id AS subject_row,
        object.id AS object_row,
        subject_layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        object_layer.slug AS object_layer,
        object.stable_id AS object_id,
        subject.geometry AS subject_geometry,
        object.geometry AS object_geometry,
        subject.properties AS subject_properties,
        object.properties AS object_properties,
        coalesce(subject.land_use_id = object.land_use_id, false)
            AND subject.layer_id <> object.layer_id AS is_recorded_twice,
        ST_Distance(subject.geometry, object.geometry) AS distance_m
    FROM near
    JOIN conflict_ground AS subject ON subject.id = near.subject_row
    JOIN conflict_ground AS object ON object.id = near.object_row
    JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
    JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
),
once AS (
    SELECT DISTINCT ON (least(names.subject, names.object), greatest(names.subject, names.object))
        measured.*
    FROM measured
    CROSS JOIN LATERAL (
        SELECT
            ARRAY[measured.subject_layer, measured.subject_id]::text[] AS subject,
            ARRAY[measured.object_layer, measured.object_id]::text[] AS object
    ) AS names
    WHERE measured.distance_m < %(min_distance_m)s
      AND NOT (measured.is_recorded_twice AND measured.distance_m = 0)
    ORDER BY
        least(names.subject, names.object), greatest(names.subject, names.object), names.subject
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    %(severity)s,
    once.distance_m,
    %(min_distance_m)s,
    'm',
    once.distance_m - %(min_distance_m)s,
    CASE
        WHEN once.distance_m > 0 THEN ST_ShortestLine(once.subject_geometry, once.object_geometry)
        ELSE ST_StartPoint(ST_ShortestLine(once.subject_geometry, once.object_geometry))
    END,
    '{}'::jsonb,
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
