-- Existing uses (subjects) on zones (objects) that do not permit them: those that have at least
-- min_share of their area or length in all such zones together, or, drawn as a point, stand inside
-- one; one hit per use and zone, slivers left out. A border drawn a little off is no conflict. Each
-- is marked as an existing nonconforming use unless it is still being built.
WITH {shared_ground.sql}
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
            WHEN NOT ST_Relate(subject.geometry, object.geometry, 'T********') THEN 0
            WHEN shape.dimension = 1
                THEN ST_Length(ST_CollectionExtract(paired.geometry, 2))
            ELSE 1
        END AS measure,
        CASE ST_Dimension(subject.geometry)
            WHEN 2 THEN ST_Area(subject.geometry)
            WHEN 1 THEN ST_Length(subject.geometry)
            ELSE 1
        END AS whole,
        subject.lifecycle = 'existing' AS is_existing
    FROM paired
    JOIN conflict_ground AS subject ON subject.id = paired.subject_row
    JOIN conflict_ground AS object ON object.id = paired.object_row
    JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
    JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
    CROSS JOIN LATERAL (SELECT ST_Dimension(subject.geometry) AS dimension) AS shape
    WHERE ST_Dimension(paired.geometry) >= shape.dimension
),
summed AS (
    SELECT shared.*, sum(shared.measure) OVER (PARTITION BY shared.subject_row) AS total
    FROM shared
),
once AS (
    SELECT DISTINCT ON (least(names.subject, names.object), greatest(names.subject, names.object))
        summed.*
    FROM summed
    CROSS JOIN LATERAL (
        SELECT
            ARRAY[summed.subject_layer, summed.subject_id]::text[] AS subject,
            ARRAY[summed.object_layer, summed.object_id]::text[] AS object,
            (%(min_share)s - 1e-9) * summed.whole AS least_measure  -- less the noise of cutting
    ) AS names
    WHERE summed.measure > 0 AND (
        summed.dimension = 0  -- of several points one inside is enough
        OR (
            summed.total >= names.least_measure
            AND summed.measure >= least(%(sliver)s, names.least_measure)
        )
    )
    ORDER BY
        least(names.subject, names.object), greatest(names.subject, names.object), names.subject
)
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
    jsonb_build_object(
        'subject_share', least(1, once.measure / once.whole),
        'existing_nonconforming', once.is_existing
    ),
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
