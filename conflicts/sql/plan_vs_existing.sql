-- Existing uses (subjects) on zones (objects) that do not permit them: those that have at least
-- min_share of their area or length in all such zones together, or, drawn as a point, stand inside
-- one; one hit per use and zone, slivers left out. A border drawn a little off is no conflict. Each
-- is marked as an existing nonconforming use unless it is still being built.
--
-- "outer" is the side with fewer features, cut into pieces of at most 128 corners; OFFSET 0 makes
-- each piece ask the GiST index of the current features, and each neighbour the key of
-- conflict_selection. Materialised: each pair is cut once.
WITH piece AS MATERIALIZED (
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
    JOIN layers_feature AS subject ON subject.id = paired.subject_row
    JOIN layers_feature AS object ON object.id = paired.object_row
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
        SELECT min(exempted.number)
        FROM unnest(%(exempt_subjects)s::jsonpath[], %(exempt_objects)s::jsonpath[])
            WITH ORDINALITY AS exempted(of_subject, of_object, number)
        WHERE jsonb_path_match(
                jsonb_strip_nulls(once.subject_properties), exempted.of_subject, '{}', true)
          AND jsonb_path_match(
                jsonb_strip_nulls(once.object_properties), exempted.of_object, '{}', true)
    )
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
