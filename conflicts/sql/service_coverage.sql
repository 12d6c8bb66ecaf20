-- Areas (subjects) with features to be served ("between") farther than max_distance_m, in a straight
-- line from edge to edge, from every service (objects). One hit per area, without an object.
--
-- A feature belongs to the area in which its point lies. It is surely unserved where no service,
-- nor one of unknown condition, lies within the distance and all that ground was surveyed for
-- services. An area without such a feature is told only when all of them are served, none can be
-- missing, and a straight line is what the rule asks for: else it is put into conflict_untold.
-- The few services stand in an indexed table of their own. Features are gathered in squares of
-- "home_square_m": where a service serves the whole box around those of a square, or can serve none
-- of it, nobody in it is asked; in all other squares each feature asks. Rules that ask of the same
-- areas and features by likeness gather them once.
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

DELETE FROM conflict_home WHERE %(between_by_rows)s;
DELETE FROM conflict_square WHERE %(between_by_rows)s;

INSERT INTO conflict_home (subject, served, subject_row, feature_id, is_sure, west, south, box)
SELECT
    %(subject)s, %(between)s, area.id, inside.id, inside.is_sure,
    floor(ST_X(inside.point) / %(home_square_m)s), floor(ST_Y(inside.point) / %(home_square_m)s),
    inside.box
FROM (
    SELECT subject.id, subject.geometry
    FROM conflict_selection AS chosen
    JOIN conflict_pool AS subject ON subject.id = chosen.feature_id
    WHERE chosen.selection = %(subject)s
      AND chosen.is_sure
      AND NOT EXISTS (
          SELECT 1 FROM conflict_home AS before
          WHERE before.subject = %(subject)s AND before.served = %(between)s
      )
) AS area
CROSS JOIN LATERAL ST_Subdivide(area.geometry, 128) AS part(geometry)
CROSS JOIN LATERAL (
    SELECT feature.id, feature.layer_id, feature.land_use_id, feature.lifecycle, feature.geometry
    FROM conflict_pool AS feature
    WHERE %(between_by_rows)s AND feature.geometry && part.geometry
    UNION ALL
    SELECT feature.id, feature.layer_id, feature.land_use_id, feature.lifecycle, feature.geometry
    FROM conflict_ground AS feature
    WHERE NOT %(between_by_rows)s
      AND feature.retired_in IS NULL
      AND feature.geometry && part.geometry
    OFFSET 0
) AS around
CROSS JOIN LATERAL (
    SELECT chosen.is_sure
    FROM conflict_selection AS chosen
    WHERE %(between_by_rows)s
      AND chosen.selection = %(between)s AND chosen.feature_id = around.id
    UNION ALL
    SELECT true
    FROM conflict_meant AS meant
    WHERE NOT %(between_by_rows)s
      AND meant.selection = %(between)s
      AND meant.layer_id = around.layer_id
      AND meant.land_use_id = coalesce(around.land_use_id, 0)
      AND meant.lifecycle = around.lifecycle
    OFFSET 0
) AS wanted
CROSS JOIN LATERAL (
    SELECT
        around.id, wanted.is_sure, ST_PointOnSurface(around.geometry) AS point,
        Box2D(around.geometry) AS box
    OFFSET 0
) AS inside
WHERE ST_Intersects(part.geometry, inside.point)
ON CONFLICT DO NOTHING;

INSERT INTO conflict_square (subject, served, subject_row, west, south, sure, unsure, box)
SELECT
    %(subject)s, %(between)s, home.subject_row, home.west, home.south,
    count(*) FILTER (WHERE home.is_sure),
    count(*) FILTER (WHERE home.is_sure IS NULL),
    ST_MakeEnvelope(
        min(ST_XMin(home.box)), min(ST_YMin(home.box)),
        max(ST_XMax(home.box)), max(ST_YMax(home.box)), %(srid)s
    )
FROM conflict_home AS home
WHERE home.subject = %(subject)s
  AND home.served = %(between)s
  AND NOT EXISTS (
      SELECT 1 FROM conflict_square AS before
      WHERE before.subject = %(subject)s AND before.served = %(between)s
  )
GROUP BY home.subject_row, home.west, home.south;

ANALYZE conflict_home;
ANALYZE conflict_square;

WITH area AS MATERIALIZED (
    SELECT chosen.feature_id AS id
    FROM conflict_selection AS chosen
    WHERE chosen.selection = %(subject)s AND chosen.is_sure
),
doubtful AS MATERIALIZED (
    SELECT feature.geometry
    FROM conflict_selection AS chosen
    JOIN conflict_pool AS feature ON feature.id = chosen.feature_id
    WHERE chosen.selection = %(object)s AND chosen.is_sure IS NULL
),
looked AS MATERIALIZED (  -- the ground on which services were looked for; NULL: nowhere
    SELECT surveyed.geometry, surveyed.edge
    FROM unnest(%(layers)s::text[]) AS layer(slug)
    LEFT JOIN conflict_surveyed AS surveyed
        ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
),
square AS MATERIALIZED (
    SELECT
        square.*,
        -- a hundredth of a millimetre is the noise of the computation
        EXISTS (
            SELECT 1 FROM conflict_border AS service
            WHERE service.geometry && ST_Expand(square.box, %(max_distance_m)s)
              AND ST_MaxDistance(service.geometry, square.box) < %(max_distance_m)s - 1e-5
        ) AS is_served,
        NOT EXISTS (
            SELECT 1 FROM conflict_border AS service
            WHERE service.geometry && ST_Expand(square.box, %(max_distance_m)s + 1e-5)
              AND ST_DWithin(service.geometry, square.box, %(max_distance_m)s + 1e-5)
        ) AS is_far,
        cardinality(%(layers)s::text[]) > 0
            AND NOT EXISTS (
                SELECT 1 FROM doubtful
                WHERE ST_DWithin(doubtful.geometry, square.box, %(max_distance_m)s + 1e-5)
            )
            AND NOT EXISTS (
                SELECT 1 FROM looked
                WHERE looked.geometry IS NULL
                   OR NOT ST_Covers(looked.geometry, square.box)
                   OR ST_Distance(looked.edge, square.box) < %(max_distance_m)s + 1e-5
            ) AS is_known
    FROM conflict_square AS square
    WHERE square.subject = %(subject)s AND square.served = %(between)s
),
placed AS MATERIALIZED (  -- in squares that are neither near nor far as a whole
    SELECT
        home.subject_row, feature.geometry,
        NOT square.is_far AND EXISTS (
            SELECT 1 FROM conflict_border AS service
            WHERE service.geometry && ST_Expand(feature.geometry, %(max_distance_m)s)
              AND ST_DWithin(service.geometry, feature.geometry, %(max_distance_m)s)
        ) AS is_served,
        square.is_known
    FROM square
    JOIN conflict_home AS home
        ON home.subject = square.subject AND home.served = square.served
        AND home.subject_row = square.subject_row
        AND home.west = square.west AND home.south = square.south
    JOIN conflict_ground AS feature ON feature.id = home.feature_id
    WHERE NOT square.is_served AND home.is_sure
),
judged AS MATERIALIZED (
    SELECT
        placed.subject_row, placed.is_served,
        CASE WHEN lying.is_unserved THEN ST_PointOnSurface(placed.geometry) END AS point,
        lying.is_unserved
    FROM placed
    CROSS JOIN LATERAL (
        SELECT NOT placed.is_served AND (placed.is_known OR (
            cardinality(%(layers)s::text[]) > 0
            AND NOT EXISTS (
                SELECT 1 FROM doubtful
                WHERE ST_DWithin(doubtful.geometry, placed.geometry, %(max_distance_m)s)
            )
            AND NOT EXISTS (
                SELECT 1 FROM looked
                WHERE looked.geometry IS NULL
                   OR NOT ST_Covers(looked.geometry, placed.geometry)
                   OR ST_Distance(looked.edge, placed.geometry) < %(max_distance_m)s
            )
        )) AS is_unserved
        OFFSET 0
    ) AS lying
),
counted AS (
    SELECT square.subject_row, sum(square.sure) AS total, sum(square.unsure) AS unsure
    FROM square
    GROUP BY square.subject_row
),
lacking AS (
    SELECT
        judged.subject_row,
        count(*) FILTER (WHERE judged.is_unserved) AS unserved,
        count(*) FILTER (WHERE NOT judged.is_served AND NOT judged.is_unserved) AS unknown,
        ST_Multi(ST_Collect(judged.point ORDER BY judged.point)) AS geometry
    FROM judged
    GROUP BY judged.subject_row
),
home_ground AS MATERIALIZED (  -- where those to be served were looked for
    SELECT krong_surveyed_ground(known.id, %(between_classes)s::text[]) AS geometry
    FROM unnest(%(between_layers)s::text[]) AS layer(slug)
    LEFT JOIN layers_layer AS known ON known.slug = layer.slug
),
summed AS MATERIALIZED (
    SELECT
        area.id AS subject_row,
        coalesce(counted.total, 0)::bigint AS total,
        coalesce(lacking.unserved, 0) AS unserved,
        coalesce(lacking.unknown, 0) AS unknown,
        coalesce(counted.unsure, 0)::bigint AS unsure,
        lacking.geometry
    FROM area
    LEFT JOIN counted ON counted.subject_row = area.id
    LEFT JOIN lacking ON lacking.subject_row = area.id
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
