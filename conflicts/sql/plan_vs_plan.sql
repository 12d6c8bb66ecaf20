-- Zones and projects of one plan against those of another, where a plan is a layer. Without
-- "by_distance": pairs that share ground, measured as in overlap.sql. With it: pairs nearer to each
-- other than min_distance_m, edge to edge, also across the border where one plan ends and the
-- next begins; at exactly that distance none. Pairs of one layer are a matter of its own rules.
WITH {shared_ground.sql}
{measured_ground.sql}
near AS MATERIALIZED (
    SELECT DISTINCT
        CASE WHEN %(outer_is_subject)s THEN piece.outer_row ELSE around.id END AS subject_row,
        CASE WHEN %(outer_is_subject)s THEN around.id ELSE piece.outer_row END AS object_row
    FROM piece
    {around_piece.sql}
    WHERE %(by_distance)s
      AND around.id <> piece.outer_row
      AND ST_DWithin(piece.geometry, around.geometry, %(around_m)s)
),
contradicting AS (
    SELECT
        shared.subject_row, shared.object_row,
        shared.subject_layer, shared.subject_id, shared.object_layer, shared.object_id,
        shared.subject_properties, shared.object_properties,
        shared.measure AS measured,
        0::double precision AS required,
        CASE shared.dimension WHEN 2 THEN 'm2' WHEN 1 THEN 'm' ELSE 'place' END AS unit,
        -shared.measure AS margin,
        shared.geometry AS witness
    FROM shared
    WHERE NOT %(by_distance)s
      AND shared.measure > 0
      AND (shared.dimension < 2 OR shared.measure >= shared.least_measure)
    UNION ALL
    SELECT
        subject.id, object.id,
        subject_layer.slug, subject.stable_id, object_layer.slug, object.stable_id,
        subject.properties, object.properties,
        apart.distance_m, %(min_distance_m)s, 'm', apart.distance_m - %(min_distance_m)s,
        CASE
            WHEN apart.distance_m > 0 THEN ST_ShortestLine(subject.geometry, object.geometry)
            ELSE ST_StartPoint(ST_ShortestLine(subject.geometry, object.geometry))
        END
    FROM near
    JOIN conflict_ground AS subject ON subject.id = near.subject_row
    JOIN conflict_ground AS object ON object.id = near.object_row
    JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
    JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
    CROSS JOIN LATERAL (
        SELECT ST_Distance(subject.geometry, object.geometry) AS distance_m
    ) AS apart
    WHERE %(by_distance)s AND apart.distance_m < %(min_distance_m)s
),
once AS (
    SELECT DISTINCT ON (least(names.subject, names.object), greatest(names.subject, names.object))
        contradicting.*
    FROM contradicting
    CROSS JOIN LATERAL (
        SELECT
            ARRAY[contradicting.subject_layer, contradicting.subject_id]::text[] AS subject,
            ARRAY[contradicting.object_layer, contradicting.object_id]::text[] AS object
    ) AS names
    WHERE contradicting.subject_layer <> contradicting.object_layer
    ORDER BY
        least(names.subject, names.object), greatest(names.subject, names.object), names.subject
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    %(severity)s, once.measured, once.required, once.unit, once.margin, once.witness,
    '{}'::jsonb,
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
