-- Subjects that lie where a hazard map shows danger: one finding per subject and map (layer).
--
-- The map's shapes are the outer side, cut into pieces of at most 128 corners. An area counts from
-- min_overlap_m2 (or half the subject) per depth class on; a point or line as soon as it touches,
-- because on the border between two depth classes it lies inside neither.
-- Class H0 is "no water" by definition (flood_classes.csv) and never a danger.
-- A depth class may reach a threshold when its upper end lies above it (an open end always does):
-- then the graver severity counts, since the truth may be either.
WITH danger AS MATERIALIZED (
    SELECT
        feature.id AS object_row,
        chosen.layer_slug AS object_layer,
        feature.geometry,
        feature.properties AS object_properties,
        feature.properties->>'hazard_class' AS hazard_class,
        CASE WHEN jsonb_typeof(feature.properties->'depth_min_m') = 'number'
            THEN (feature.properties->>'depth_min_m')::double precision END AS depth_min_m,
        CASE WHEN jsonb_typeof(feature.properties->'depth_max_m') = 'number'
            THEN (feature.properties->>'depth_max_m')::double precision END AS depth_max_m
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS feature ON feature.id = chosen.feature_id
    WHERE chosen.selection = %(object)s
      AND chosen.is_sure
      AND feature.properties->>'hazard_class' IS DISTINCT FROM 'H0'
),
candidate AS MATERIALIZED (
    SELECT piece.object_row, piece.geometry AS piece, around.id AS subject_row, around.geometry
    FROM (
        SELECT danger.object_row, part.geometry
        FROM danger
        CROSS JOIN LATERAL ST_Subdivide(danger.geometry, 128) AS part(geometry)
        OFFSET 0
    ) AS piece
    {around_piece.sql}
    WHERE around.id <> piece.object_row
),
cut AS MATERIALIZED (
    SELECT
        candidate.object_row,
        candidate.subject_row,
        CASE
            WHEN ST_Covers(candidate.piece, candidate.geometry) THEN candidate.geometry
            ELSE ST_Intersection(candidate.piece, candidate.geometry)
        END AS geometry
    FROM candidate
    WHERE ST_Intersects(candidate.piece, candidate.geometry)
),
wet AS MATERIALIZED (  -- per subject, map and depth class
    SELECT
        cut.subject_row,
        danger.object_layer,
        danger.hazard_class,
        danger.depth_min_m,
        danger.depth_max_m,
        min(danger.object_row) AS object_row,
        ST_Union(cut.geometry) AS geometry
    FROM cut
    JOIN danger ON danger.object_row = cut.object_row
    GROUP BY
        cut.subject_row, danger.object_layer, danger.hazard_class,
        danger.depth_min_m, danger.depth_max_m
),
graded AS MATERIALIZED (
    SELECT
        wet.*,
        CASE
            WHEN wet.depth_min_m IS NULL AND wet.depth_max_m IS NULL THEN %(severity)s
            WHEN cardinality(%(threshold_depths)s::double precision[]) = 0 THEN %(severity)s
            ELSE (
                SELECT step.severity
                FROM unnest(
                    %(threshold_depths)s::double precision[], %(threshold_severities)s::text[]
                ) WITH ORDINALITY AS step(depth_ge_m, severity, number)
                WHERE wet.depth_max_m IS NULL
                   OR wet.depth_max_m > step.depth_ge_m
                   OR wet.depth_min_m >= step.depth_ge_m
                ORDER BY array_position(%(severities)s::text[], step.severity) DESC, step.number
                LIMIT 1
            )
        END AS severity,
        ST_Dimension(subject.geometry) AS dimension,
        ST_Area(subject.geometry) AS subject_m2,
        ST_Length(subject.geometry) AS subject_m
    FROM wet
    JOIN conflict_ground AS subject ON subject.id = wet.subject_row
    WHERE ST_Dimension(subject.geometry) < 2
       OR ST_Area(ST_CollectionExtract(wet.geometry, 3))
            >= least(%(min_overlap_m2)s, ST_Area(subject.geometry) / 2)
),
exposed AS MATERIALIZED (  -- per subject and map: all its danger, and the worst of it first
    SELECT
        graded.subject_row,
        graded.object_layer,
        (array_agg(graded.object_row ORDER BY worst.rank DESC, graded.depth_min_m DESC NULLS LAST,
            graded.object_row))[1] AS object_row,
        (array_agg(graded.severity ORDER BY worst.rank DESC))[1] AS severity,
        ST_Union(graded.geometry) AS geometry,
        min(graded.dimension) AS dimension,
        min(graded.subject_m2) AS subject_m2,
        min(graded.subject_m) AS subject_m
    FROM graded
    CROSS JOIN LATERAL (
        SELECT array_position(%(severities)s::text[], graded.severity) AS rank
    ) AS worst
    WHERE graded.severity IS NOT NULL
    GROUP BY graded.subject_row, graded.object_layer
),
measured AS (
    SELECT
        exposed.*,
        danger.object_properties,
        danger.hazard_class,
        danger.depth_min_m,
        danger.depth_max_m,
        danger.depth_min_m IS NOT NULL OR danger.depth_max_m IS NOT NULL AS has_depth,
        coalesce((%(threshold_depths)s::double precision[])[1], 0) AS least_depth_m,
        CASE exposed.dimension
            WHEN 2 THEN ST_Area(exposed.geometry)
            WHEN 1 THEN ST_Length(exposed.geometry)
            ELSE 1
        END AS extent,
        CASE exposed.dimension WHEN 2 THEN exposed.subject_m2 WHEN 1 THEN exposed.subject_m ELSE 1
        END AS whole
    FROM exposed
    JOIN danger ON danger.object_row = exposed.object_row
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, subject.id, measured.object_row,
    layer.slug, subject.stable_id, measured.object_layer, '*',
    measured.severity,
    CASE WHEN measured.has_depth THEN coalesce(measured.depth_min_m, 0) ELSE measured.extent END,
    CASE WHEN measured.has_depth THEN measured.least_depth_m ELSE 0 END,
    CASE
        WHEN measured.has_depth THEN 'm'
        ELSE (ARRAY['place', 'm', 'm2'])[measured.dimension + 1]
    END,
    CASE
        WHEN measured.has_depth
            THEN least(0, measured.least_depth_m - coalesce(measured.depth_min_m, 0))
        ELSE -measured.extent
    END,
    measured.geometry,
    jsonb_strip_nulls(jsonb_build_object(
        'hazard_class', measured.hazard_class,
        'depth_min_m', measured.depth_min_m,
        'depth_max_m', measured.depth_max_m,
        'subject_share', measured.extent / nullif(measured.whole, 0),
        'return_period_years', measured.object_properties->'return_period_years',
        'duration_h', measured.object_properties->'duration_h',
        'scenario', measured.object_properties->'scenario',
        'run', measured.object_properties->'run',
        'map_basis', measured.object_properties->'basis'
    )),
    (
        {exempted.sql}
    )
FROM measured
JOIN conflict_ground AS subject ON subject.id = measured.subject_row
JOIN layers_layer AS layer ON layer.id = subject.layer_id
CROSS JOIN LATERAL (
    SELECT subject.properties AS subject_properties, measured.object_properties AS object_properties
) AS once
ORDER BY layer.slug, subject.stable_id, measured.object_layer
