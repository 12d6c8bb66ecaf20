-- Areas (subjects) with features to be served ("between") farther than max_distance_m, in a straight
-- line from edge to edge, from every service (objects). One hit per area, without an object.
--
-- A feature belongs to the area in which its point lies. It is surely unserved where no service,
-- nor one of unknown condition, lies within the distance and all that ground was surveyed for
-- services. An area without such a feature is told only when all of them are served, none can be
-- missing, and a straight line is what the rule asks for: else it is put into conflict_untold.
-- The few services stand in an indexed table of their own: each feature asks it once.
{survey_ground.sql};

TRUNCATE conflict_border;
DROP INDEX IF EXISTS pg_temp.conflict_border_geometry;

INSERT INTO conflict_border (feature_id, geometry)
SELECT service.id, part.geometry
FROM conflict_selection AS chosen
JOIN conflict_ground AS service ON service.id = chosen.feature_id
CROSS JOIN LATERAL ST_Subdivide(service.geometry, 128) AS part(geometry)
WHERE chosen.selection = %(object)s AND chosen.is_sure;

CREATE INDEX conflict_border_geometry ON conflict_border USING gist (geometry);
ANALYZE conflict_border;

WITH area AS MATERIALIZED (
    SELECT subject.id, subject.geometry
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS subject ON subject.id = chosen.feature_id
    WHERE chosen.selection = %(subject)s AND chosen.is_sure
),
home AS MATERIALIZED (
    SELECT DISTINCT area.id AS subject_row, inside.feature_id, inside.is_sure
    FROM area
    CROSS JOIN LATERAL ST_Subdivide(area.geometry, 128) AS part(geometry)
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.geometry
        FROM conflict_ground AS feature
        WHERE feature.retired_in IS NULL AND feature.geometry && part.geometry
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT chosen.feature_id, chosen.is_sure
        FROM conflict_selection AS chosen
        WHERE chosen.selection = %(between)s AND chosen.feature_id = around.id
        OFFSET 0
    ) AS inside
    WHERE ST_Intersects(part.geometry, ST_PointOnSurface(around.geometry))
),
placed AS MATERIALIZED (
    SELECT
        home.subject_row, home.feature_id, home.is_sure, feature.geometry,
        EXISTS (
            SELECT 1 FROM conflict_border AS service
            WHERE service.geometry && ST_Expand(feature.geometry, %(max_distance_m)s)
              AND ST_DWithin(service.geometry, feature.geometry, %(max_distance_m)s)
        ) AS is_served
    FROM home
    JOIN conflict_ground AS feature ON feature.id = home.feature_id
),
judged AS MATERIALIZED (
    SELECT
        placed.subject_row, placed.is_sure, placed.is_served,
        ST_PointOnSurface(placed.geometry) AS point,
        NOT placed.is_served
            AND cardinality(%(layers)s::text[]) > 0
            AND NOT EXISTS (
                SELECT 1
                FROM conflict_selection AS chosen
                JOIN conflict_ground AS doubtful ON doubtful.id = chosen.feature_id
                WHERE chosen.selection = %(object)s
                  AND chosen.is_sure IS NULL
                  AND ST_DWithin(doubtful.geometry, placed.geometry, %(max_distance_m)s)
            )
            AND NOT EXISTS (
                SELECT 1
                FROM unnest(%(layers)s::text[]) AS layer(slug)
                LEFT JOIN conflict_surveyed AS surveyed
                    ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
                WHERE surveyed.geometry IS NULL
                   OR NOT ST_Covers(surveyed.geometry, placed.geometry)
                   OR ST_Distance(surveyed.edge, placed.geometry) < %(max_distance_m)s
            ) AS is_unserved
    FROM placed
),
home_ground AS MATERIALIZED (  -- where those to be served were looked for
    SELECT krong_surveyed_ground(known.id, %(between_classes)s::text[]) AS geometry
    FROM unnest(%(between_layers)s::text[]) AS layer(slug)
    LEFT JOIN layers_layer AS known ON known.slug = layer.slug
),
summed AS MATERIALIZED (
    SELECT
        area.id AS subject_row,
        count(judged.subject_row) FILTER (WHERE judged.is_sure) AS total,
        count(*) FILTER (WHERE judged.is_sure AND judged.is_unserved) AS unserved,
        count(*) FILTER (WHERE judged.is_sure AND NOT judged.is_served AND NOT judged.is_unserved)
            AS unknown,
        count(judged.subject_row) FILTER (WHERE judged.is_sure IS NULL) AS unsure,
        ST_Multi(ST_Collect(judged.point) FILTER (WHERE judged.is_sure AND judged.is_unserved))
            AS geometry
    FROM area
    LEFT JOIN judged ON judged.subject_row = area.id
    GROUP BY area.id
),
untold AS (
    INSERT INTO conflict_untold (rule_code, subject_row, subject_layer, subject_id, reason)
    SELECT %(rule_code)s, summed.subject_row, layer.slug, subject.stable_id, why.reason
    FROM summed
    JOIN conflict_ground AS subject ON subject.id = summed.subject_row
    JOIN layers_layer AS layer ON layer.id = subject.layer_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN summed.unknown > 0 THEN 'service'
            WHEN summed.unsure > 0
                OR cardinality(%(between_layers)s::text[]) = 0
                OR EXISTS (
                    SELECT 1 FROM home_ground
                    WHERE home_ground.geometry IS NULL
                       OR NOT ST_IsEmpty(ST_Buffer(
                           ST_Difference(subject.geometry, home_ground.geometry),
                           -%(least_width_m)s / 2.0
                       ))
                )
                THEN 'served'
            WHEN %(along_streets)s AND summed.total > 0 THEN 'network'
        END AS reason
    ) AS why
    WHERE summed.unserved = 0 AND why.reason IS NOT NULL
),
once AS (
    SELECT
        summed.*,
        layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        subject.properties AS subject_properties,
        '{}'::jsonb AS object_properties
    FROM summed
    JOIN conflict_ground AS subject ON subject.id = summed.subject_row
    JOIN layers_layer AS layer ON layer.id = subject.layer_id
    WHERE summed.unserved > 0
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, NULL,
    once.subject_layer, once.subject_id, '', '',
    %(severity)s, once.unserved, 0, 'place', -once.unserved, once.geometry,
    jsonb_build_object(
        'total', once.total,
        'unknown', once.unknown + once.unsure,
        'unserved_share', once.unserved::double precision / once.total
    ),
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id
