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
shared AS MATERIALIZED (
    SELECT
        subject.id AS subject_row,
        object.id AS object_row,
        subject_layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        object_layer.slug AS object_layer,
        object.stable_id AS object_id,
        subject.properties AS subject_properties,
        object.properties AS object_properties,
        ST_Multi(ST_CollectionExtract(paired.geometry, shape.dimension + 1)) AS geometry,
        shape.dimension,
        CASE
            WHEN shape.dimension = 2 THEN ST_Area(ST_CollectionExtract(paired.geometry, 3))
            WHEN ST_Relate(subject.geometry, object.geometry, 'T********')
                THEN CASE WHEN shape.dimension = 1 THEN ST_Length(paired.geometry) ELSE 1 END
            ELSE 0
        END AS measure,
        least(
            %(min_overlap_m2)s,
            CASE WHEN shape.dimension = 2
                THEN least(ST_Area(subject.geometry), ST_Area(object.geometry)) / 2
            END
        ) AS least_measure,
        ST_Area(subject.geometry) AS subject_m2,
        subject.lifecycle,
        subject.land_use_id AS subject_class,
        object.land_use_id AS object_class,
        subject.lifecycle <> 'existing' AND subject.lifecycle <> 'under_construction' AS is_coming
    FROM paired
    JOIN conflict_ground AS subject ON subject.id = paired.subject_row
    JOIN conflict_ground AS object ON object.id = paired.object_row
    JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
    JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
    CROSS JOIN LATERAL (
        -- the most that two such shapes can share: areas an area, a line and an area a line
        SELECT least(
            greatest(ST_Dimension(paired.geometry), 0),
            ST_Dimension(subject.geometry),
            ST_Dimension(object.geometry)
        ) AS dimension
    ) AS shape
    WHERE shape.dimension = least(ST_Dimension(subject.geometry), ST_Dimension(object.geometry))
       OR (ST_Dimension(subject.geometry) = 1 AND ST_Dimension(object.geometry) = 1)
),
once AS (
    SELECT DISTINCT ON (least(names.subject, names.object), greatest(names.subject, names.object))
        shared.*
    FROM shared
    CROSS JOIN LATERAL (
        SELECT
            ARRAY[shared.subject_layer, shared.subject_id]::text[] AS subject,
            ARRAY[shared.object_layer, shared.object_id]::text[] AS object
    ) AS names
    WHERE shared.measure > 0
      AND (shared.dimension < 2 OR shared.measure >= shared.least_measure)
    ORDER BY
        least(names.subject, names.object), greatest(names.subject, names.object), names.subject
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    CASE WHEN once.is_coming THEN %(coming_severity)s ELSE %(severity)s END,
    once.measure,
    0,
    CASE once.dimension WHEN 2 THEN 'm2' WHEN 1 THEN 'm' ELSE 'place' END,
    -once.measure,
    once.geometry,
    jsonb_strip_nulls(jsonb_build_object(
        'subject_share', CASE WHEN once.dimension = 2 AND once.subject_m2 > 0
            THEN once.measure / once.subject_m2 END,
        'lifecycle', once.lifecycle,
        'instrument', once.object_properties->'instrument'
    )),
    CASE WHEN once.lifecycle = 'planned' AND EXISTS (
        SELECT 1 FROM purpose
        WHERE purpose.id = once.object_class AND purpose.member = once.subject_class
    ) THEN 0 ELSE (
        {exempted.sql}
    ) END
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
