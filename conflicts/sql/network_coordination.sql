-- Subjects that no part of a network (objects) serves: none lies within max_distance_m of them, edge
-- to edge (0: touches or crosses), or only such as come later than they do. One hit per subject,
-- without an object; it tells how far the nearest is, within named_within_m.
--
-- Unserved counts only where all layers that could hold the network are completely surveyed for it
-- within that distance and none of unknown condition lies there: else conflict_untold.
-- A network that states a year after the subject's comes too late; where the subject states none,
-- time is not asked. What stands already is never late. Served only by what is still to be built and
-- states no year, the subject is put into conflict_untold. The network stands in an indexed table.
{survey_ground.sql};

TRUNCATE conflict_border;
DROP INDEX IF EXISTS pg_temp.conflict_border_geometry;

INSERT INTO conflict_border (feature_id, geometry)
SELECT network.id, part.geometry
FROM conflict_selection AS chosen
JOIN conflict_ground AS network ON network.id = chosen.feature_id
CROSS JOIN LATERAL ST_Subdivide(network.geometry, 128) AS part(geometry)
WHERE chosen.selection = %(object)s AND chosen.is_sure;

CREATE INDEX conflict_border_geometry ON conflict_border USING gist (geometry);
ANALYZE conflict_border;

WITH planned AS MATERIALIZED (
    SELECT
        subject.id, subject.stable_id, subject.layer_id, subject.geometry, subject.properties,
        CASE WHEN jsonb_typeof(subject.properties->%(year_attribute)s) = 'number'
            THEN (subject.properties->>%(year_attribute)s)::double precision END AS year
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS subject ON subject.id = chosen.feature_id
    WHERE chosen.selection = %(subject)s AND chosen.is_sure
),
served AS MATERIALIZED (
    SELECT
        planned.id AS subject_row,
        -- the earliest that comes too late; NULL: none serves it, or one does in time
        min(network.year) FILTER (WHERE network.is_late) AS late_year,
        bool_or(NOT network.is_late) AS in_time,
        bool_or(network.is_late IS NULL) AS is_undated
    FROM planned
    CROSS JOIN LATERAL (
        SELECT
            other.year,
            -- NULL: to be built nobody knows when
            CASE
                WHEN planned.year IS NULL OR other.stands THEN false
                ELSE other.year > planned.year
            END AS is_late
        FROM (
            SELECT DISTINCT part.feature_id
            FROM conflict_border AS part
            WHERE part.geometry && ST_Expand(planned.geometry, %(max_distance_m)s)
              AND part.feature_id <> planned.id
              AND ST_DWithin(part.geometry, planned.geometry, %(max_distance_m)s)
        ) AS within
        CROSS JOIN LATERAL (
            SELECT
                feature.lifecycle = 'existing' AS stands,
                CASE WHEN jsonb_typeof(feature.properties->%(year_attribute)s) = 'number'
                    THEN (feature.properties->>%(year_attribute)s)::double precision END AS year
            FROM conflict_ground AS feature
            WHERE feature.id = within.feature_id
        ) AS other
    ) AS network
    GROUP BY planned.id
),
unserved AS MATERIALIZED (
    SELECT
        planned.*, served.late_year,
        cardinality(%(layers)s::text[]) > 0
            AND served.is_undated IS NOT TRUE
            AND NOT EXISTS (
                SELECT 1
                FROM conflict_selection AS chosen
                JOIN conflict_ground AS doubtful ON doubtful.id = chosen.feature_id
                WHERE chosen.selection = %(object)s
                  AND chosen.is_sure IS NULL
                  AND doubtful.id <> planned.id
                  AND ST_DWithin(doubtful.geometry, planned.geometry, %(max_distance_m)s)
            )
            AND NOT EXISTS (
                SELECT 1
                FROM unnest(%(layers)s::text[]) AS layer(slug)
                LEFT JOIN conflict_surveyed AS surveyed
                    ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
                WHERE surveyed.geometry IS NULL
                   OR NOT ST_Covers(surveyed.geometry, planned.geometry)
                   OR ST_Distance(surveyed.edge, planned.geometry) < %(max_distance_m)s
            ) AS is_sure
    FROM planned
    LEFT JOIN served ON served.subject_row = planned.id
    WHERE served.in_time IS NOT TRUE
),
untold AS (
    INSERT INTO conflict_untold (rule_code, subject_row, subject_layer, subject_id, reason)
    SELECT %(rule_code)s, unserved.id, layer.slug, unserved.stable_id, 'unserved'
    FROM unserved
    JOIN layers_layer AS layer ON layer.id = unserved.layer_id
    WHERE NOT unserved.is_sure
    ON CONFLICT DO NOTHING
),
once AS (
    SELECT
        unserved.*, layer.slug AS subject_layer,
        unserved.properties AS subject_properties,
        '{}'::jsonb AS object_properties,
        nearest.feature_id IS NOT NULL AS is_known,
        coalesce(ST_Distance(nearest.geometry, unserved.geometry), 1) AS apart_m,
        CASE
            WHEN nearest.geometry IS NULL THEN unserved.geometry
            WHEN ST_Intersects(nearest.geometry, unserved.geometry)
                THEN ST_PointOnSurface(ST_Intersection(nearest.geometry, unserved.geometry))
            ELSE ST_ShortestLine(unserved.geometry, nearest.geometry)
        END AS witness
    FROM unserved
    JOIN layers_layer AS layer ON layer.id = unserved.layer_id
    LEFT JOIN LATERAL (
        SELECT part.feature_id, part.geometry
        FROM conflict_border AS part
        WHERE part.feature_id <> unserved.id
          AND part.geometry && ST_Expand(unserved.geometry, %(named_within_m)s)
          AND ST_DWithin(part.geometry, unserved.geometry, %(named_within_m)s)
        ORDER BY part.geometry <-> unserved.geometry, part.feature_id, part.geometry
        LIMIT 1
    ) AS nearest ON true
    WHERE unserved.is_sure
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.id, NULL,
    once.subject_layer, once.stable_id, '', '',
    %(severity)s,
    CASE
        WHEN once.late_year IS NOT NULL THEN once.late_year - once.year
        ELSE once.apart_m
    END,
    CASE WHEN once.late_year IS NULL AND once.is_known THEN %(max_distance_m)s ELSE 0 END,
    CASE
        WHEN once.late_year IS NOT NULL THEN 'years'
        WHEN once.is_known THEN 'm'
        ELSE 'place'
    END,
    CASE
        WHEN once.late_year IS NOT NULL THEN once.year - once.late_year
        WHEN once.is_known THEN %(max_distance_m)s - once.apart_m
        ELSE -1
    END,
    once.witness,
    jsonb_strip_nulls(jsonb_build_object('year', once.year, 'late_year', once.late_year)),
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.stable_id
