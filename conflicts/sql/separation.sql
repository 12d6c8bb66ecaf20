-- Pairs nearer to each other than min_distance_m, edge to edge; at exactly that distance: none.
--
-- "outer" is the side with fewer features; its large shapes are cut into pieces so that their
-- boxes stay small. The pieces only find candidates ("around_m": a centimetre to spare, because
-- cutting rounds); what decides is ST_Distance of the whole shapes.
-- A pair that two selectors share ("may_mirror") is reported once, the first in order as the subject;
-- one place recorded in two layers (the same class, touching) does not conflict with itself.
WITH piece AS MATERIALIZED (
    SELECT feature.id AS outer_row, part.geometry
    FROM (
    {outer_side.sql}
    ) AS feature
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
),
near AS MATERIALIZED (
    SELECT DISTINCT
        CASE WHEN %(outer_is_subject)s THEN piece.outer_row ELSE around.id END AS subject_row,
        CASE WHEN %(outer_is_subject)s THEN around.id ELSE piece.outer_row END AS object_row
    FROM piece
    {around_piece.sql}
    WHERE around.id <> piece.outer_row
      AND ST_DWithin(piece.geometry, around.geometry, %(around_m)s)
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
once AS (  -- a join: asked of each pair anew, thousands around one nuisance took seconds
    SELECT measured.*
    FROM measured
    LEFT JOIN measured AS mirrored
        ON %(may_mirror)s
        AND mirrored.subject_row = measured.object_row
        AND mirrored.object_row = measured.subject_row
    WHERE measured.distance_m < %(min_distance_m)s
      AND NOT (measured.is_recorded_twice AND measured.distance_m = 0)
      AND (
          mirrored.subject_row IS NULL
          OR ARRAY[mirrored.subject_layer, mirrored.subject_id]::text[]
              >= ARRAY[measured.subject_layer, measured.subject_id]::text[]
      )
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
