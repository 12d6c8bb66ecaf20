-- What lies on reserved land: pairs that share ground, measured as in overlap.sql. What does not
-- stand yet has coming_severity. What is planned and whose class is the purpose of the reservation (its
-- class or one of its branch) is what the land is reserved for: exempted, under number 0. A permit
-- or a proposal never is: it may be another's.
--
-- "outer" is the side with fewer features, cut into pieces of at most 128 corners; OFFSET 0 makes
-- each piece ask the GiST index of the current features, and each neighbour the key of
-- conflict_selection. Materialised: each pair is cut once.
WITH RECURSIVE purpose AS (  -- every class with all classes of its branch
    SELECT class.id, class.id AS member FROM layers_landuseclass AS class
    UNION ALL
    SELECT purpose.id, child.id
    FROM purpose
    JOIN layers_landuseclass AS child ON child.parent_id = purpose.member
),
piece AS MATERIALIZED (
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
    JOIN layers_feature AS subject ON subject.id = paired.subject_row
    JOIN layers_feature AS object ON object.id = paired.object_row
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
        SELECT min(exempted.number)
        FROM unnest(%(exempt_subjects)s::jsonpath[], %(exempt_objects)s::jsonpath[])
            WITH ORDINALITY AS exempted(of_subject, of_object, number)
        WHERE jsonb_path_match(
                jsonb_strip_nulls(once.subject_properties), exempted.of_subject, '{}', true)
          AND jsonb_path_match(
                jsonb_strip_nulls(once.object_properties), exempted.of_object, '{}', true)
    ) END
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
