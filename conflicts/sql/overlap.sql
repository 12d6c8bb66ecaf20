-- Pairs that share ground. Areas: at least min_overlap_m2, or half of the smaller shape where that
-- is less, so that a shape smaller than the limit is still seen. A line or point shares ground
-- with what its interior lies in or crosses; shapes that only touch never do.
WITH {shared_ground.sql}
{measured_ground.sql}
{shared_once.sql}
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    %(severity)s,
    once.measure,
    0,
    CASE once.dimension WHEN 2 THEN 'm2' WHEN 1 THEN 'm' ELSE 'place' END,
    -once.measure,
    once.geometry,
    CASE
        WHEN once.dimension = 2 AND once.subject_m2 > 0
            THEN jsonb_build_object('subject_share', once.measure / once.subject_m2)
        ELSE '{}'::jsonb
    END,
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
