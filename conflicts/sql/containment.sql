-- Subjects with less than min_share of their area, length or number of points within the objects,
-- all objects together. One hit per subject, without an object. The border of an object is inside.
--
-- Outside counts only where all layers that could hold such an object are completely surveyed for
-- it and no object of unknown condition lies: elsewhere the subject may be inside something that
-- nobody recorded, and is put into conflict_untold. Less than a "sliver" is a border drawn off.
-- Areas are cut from the whole subject, so that a line keeps its exact course.
{survey_ground.sql};

TRUNCATE conflict_outside, conflict_inside, conflict_cover;

WITH piece AS MATERIALIZED (
    SELECT feature.id AS outer_row, part.geometry
    FROM (
    {outer_side.sql}
    ) AS feature
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
),
candidate AS MATERIALIZED (  -- most subjects lie in one piece of one object: no more is kept of them
    SELECT
        piece.outer_row, around.id AS inner_row, lying.is_inside,
        CASE WHEN NOT lying.is_inside THEN piece.geometry END AS piece,
        CASE WHEN NOT lying.is_inside THEN around.geometry END AS geometry
    FROM piece
    {around_piece.sql}
    CROSS JOIN LATERAL (
        SELECT NOT %(outer_is_subject)s AND ST_Covers(piece.geometry, around.geometry) AS is_inside
        OFFSET 0
    ) AS lying
    WHERE around.id <> piece.outer_row
),
lying AS (
    INSERT INTO conflict_inside (subject_row)
    SELECT DISTINCT candidate.inner_row FROM candidate WHERE candidate.is_inside
)
INSERT INTO conflict_cover (subject_row, geometry)
SELECT candidate.inner_row, candidate.piece
FROM candidate
WHERE NOT %(outer_is_subject)s AND NOT candidate.is_inside
UNION ALL
(
    SELECT DISTINCT ON (candidate.outer_row, candidate.inner_row)
        candidate.outer_row, candidate.geometry
    FROM candidate
    WHERE %(outer_is_subject)s
);

INSERT INTO conflict_inside (subject_row)
SELECT DISTINCT cover.subject_row
FROM conflict_cover AS cover
JOIN conflict_ground AS subject ON subject.id = cover.subject_row
WHERE ST_Covers(cover.geometry, subject.geometry)
ON CONFLICT DO NOTHING;

ANALYZE conflict_inside;
ANALYZE conflict_cover;

WITH partly AS (
    SELECT cover.subject_row, ST_Union(cover.geometry) AS geometry
    FROM conflict_cover AS cover
    WHERE NOT EXISTS (
        SELECT 1 FROM conflict_inside AS inside WHERE inside.subject_row = cover.subject_row
    )
    GROUP BY cover.subject_row
),
remaining AS MATERIALIZED (
    SELECT
        subject.id AS subject_row,
        ST_Dimension(subject.geometry) AS dimension,
        CASE ST_Dimension(subject.geometry)
            WHEN 2 THEN ST_Area(subject.geometry)
            WHEN 1 THEN ST_Length(subject.geometry)
            ELSE ST_NPoints(subject.geometry)
        END AS whole,
        CASE
            WHEN partly.geometry IS NULL THEN subject.geometry
            ELSE ST_Difference(subject.geometry, partly.geometry)
        END AS geometry
    FROM (
    {subject_side.sql}
    ) AS subject
    LEFT JOIN partly ON partly.subject_row = subject.id
    WHERE NOT EXISTS (
        SELECT 1 FROM conflict_inside AS inside WHERE inside.subject_row = subject.id
    )
)
INSERT INTO conflict_outside (subject_row, dimension, whole, geometry, sure_geometry)
SELECT
    remaining.subject_row, remaining.dimension, remaining.whole, remaining.geometry,
    CASE
        WHEN cardinality(%(layers)s::text[]) = 0 OR blind.has_gap THEN NULL
        WHEN blind.geometry IS NULL THEN remaining.geometry
        ELSE ST_Difference(remaining.geometry, blind.geometry)
    END AS sure_geometry
FROM remaining
CROSS JOIN LATERAL (  -- where an object may be that is not known, or not known to be one
    SELECT
        coalesce(bool_or(unseen.geometry IS NULL), false) AS has_gap,
        ST_Union(unseen.geometry) AS geometry
    FROM (
        SELECT CASE
            WHEN surveyed.geometry IS NULL THEN NULL
            WHEN ST_Covers(surveyed.geometry, remaining.geometry)
                THEN ST_SetSRID('POLYGON EMPTY'::geometry, ST_SRID(remaining.geometry))
            ELSE ST_Difference(ST_Expand(ST_Envelope(remaining.geometry), 1), surveyed.geometry)
        END
        FROM unnest(%(layers)s::text[]) AS layer(slug)
        LEFT JOIN conflict_surveyed AS surveyed
            ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
        UNION ALL
        SELECT doubtful.geometry
        FROM conflict_selection AS chosen
        JOIN conflict_ground AS doubtful ON doubtful.id = chosen.feature_id
        WHERE chosen.selection = %(object)s
          AND chosen.is_sure IS NULL
          AND NOT chosen.lacks_area
          AND doubtful.geometry && remaining.geometry
    ) AS unseen(geometry)
) AS blind;

WITH measured AS MATERIALIZED (
    SELECT
        lying.subject_row, lying.dimension, lying.whole,
        ST_Multi(ST_CollectionExtract(lying.sure_geometry, lying.dimension + 1)) AS geometry,
        extent.outside, extent.sure,
        (1 - %(min_share)s) * lying.whole AS allowed,
        -- less than the sliver is a border drawn off; of a small subject, less than half of it
        CASE WHEN lying.dimension > 0 THEN least(%(sliver)s, lying.whole / 2) ELSE 1 END AS least
    FROM conflict_outside AS lying
    CROSS JOIN LATERAL (
        SELECT
            CASE lying.dimension
                WHEN 2 THEN ST_Area(ST_CollectionExtract(lying.geometry, 3))
                WHEN 1 THEN ST_Length(ST_CollectionExtract(lying.geometry, 2))
                ELSE ST_NPoints(lying.geometry)
            END AS outside,
            coalesce(CASE lying.dimension
                WHEN 2 THEN ST_Area(ST_CollectionExtract(lying.sure_geometry, 3))
                WHEN 1 THEN ST_Length(ST_CollectionExtract(lying.sure_geometry, 2))
                ELSE ST_NPoints(lying.sure_geometry)
            END, 0) AS sure
    ) AS extent
),
judged AS MATERIALIZED (
    SELECT
        measured.*,
        subject.properties AS subject_properties,
        '{}'::jsonb AS object_properties,
        layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        -- 1e-9: the noise of cutting
        measured.outside > measured.allowed + 1e-9 * measured.whole
            AND measured.outside >= measured.least AS may_bite,
        measured.sure > measured.allowed + 1e-9 * measured.whole
            AND measured.sure >= measured.least AS bites
    FROM measured
    JOIN conflict_ground AS subject ON subject.id = measured.subject_row
    JOIN layers_layer AS layer ON layer.id = subject.layer_id
),
untold AS (
    INSERT INTO conflict_untold (rule_code, subject_row, subject_layer, subject_id)
    SELECT %(rule_code)s, judged.subject_row, judged.subject_layer, judged.subject_id
    FROM judged
    WHERE judged.may_bite AND NOT judged.bites
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, NULL,
    once.subject_layer, once.subject_id, '', '',
    %(severity)s,
    once.sure,
    once.allowed,
    CASE once.dimension WHEN 2 THEN 'm2' WHEN 1 THEN 'm' ELSE 'place' END,
    once.allowed - once.sure,
    once.geometry,
    jsonb_build_object('subject_share', least(1, once.sure / once.whole)),
    (
        {exempted.sql}
    )
FROM judged AS once
WHERE once.bites
ORDER BY once.subject_layer, once.subject_id
