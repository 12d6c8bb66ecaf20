-- What lies on reserved land: pairs that share ground, measured as in overlap.sql. What does not
-- stand yet has coming_severity. What is planned and whose class is the purpose of the reservation (its
-- class or one of its branch) is what the land is reserved for: exempted, under number 0. A permit
-- or a proposal never is: it may be another's.
WITH RECURSIVE purpose AS (  -- every class with all classes of its branch
    SELECT class.id, class.id AS member FROM layers_landuseclass AS class
    UNION ALL
    SELECT purpose.id, child.id
    FROM purpose
    JOIN layers_landuseclass AS child ON child.parent_id = purpose.member
),
{shared_ground.sql}
{measured_ground.sql}
{shared_once.sql}
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    CASE WHEN subject.lifecycle IN ('existing', 'under_construction') THEN %(severity)s
        ELSE %(coming_severity)s END,
    once.measure,
    0,
    CASE once.dimension WHEN 2 THEN 'm2' WHEN 1 THEN 'm' ELSE 'place' END,
    -once.measure,
    once.geometry,
    jsonb_strip_nulls(jsonb_build_object(
        'subject_share', CASE WHEN once.dimension = 2 AND once.subject_m2 > 0
            THEN once.measure / once.subject_m2 END,
        'lifecycle', subject.lifecycle,
        'instrument', once.object_properties->'instrument'
    )),
    CASE WHEN subject.lifecycle = 'planned' AND EXISTS (
        SELECT 1 FROM purpose
        WHERE purpose.id = object.land_use_id AND purpose.member = subject.land_use_id
    ) THEN 0 ELSE (
        {exempted.sql}
    ) END
FROM once
JOIN conflict_ground AS subject ON subject.id = once.subject_row
JOIN conflict_ground AS object ON object.id = once.object_row
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
