-- Records that cannot stand as they are; which of five questions is asked says "check":
-- no_class, attribute (missing, no number, not plausible), sliver (nowhere as wide as the
-- tolerance), and two of pairs within one layer: overlap (ground that holds a disc as wide as the
-- tolerance, as for the topology of layers) and duplicate (nowhere farther apart than it).
-- The first three have no object. A pair is kept once, the first in order as the subject. Where all
-- records are held against each other ("by_grid"), those with one corner are found by squares.
WITH asked AS (
    SELECT
        feature.id, feature.layer_id, feature.land_use_id, feature.geometry, feature.properties
    FROM (
    {subject_side.sql}
    ) AS feature
),
piece AS (
    {outer_side.sql}
),
corner AS MATERIALIZED (  -- in which squares of a grid the corner of the box lies, or may be drawn
    SELECT
        place.id, place.layer_id, place.x, place.y,
        floor((place.x - %(reach_m)s) / %(square_m)s) AS west,
        floor((place.x + %(reach_m)s) / %(square_m)s) AS east,
        floor((place.y - %(reach_m)s) / %(square_m)s) AS south,
        floor((place.y + %(reach_m)s) / %(square_m)s) AS north
    FROM (
        SELECT
            asked.id, asked.layer_id, ST_XMin(asked.geometry) AS x, ST_YMin(asked.geometry) AS y
        FROM asked
        WHERE %(by_grid)s
    ) AS place
),
square AS (
    SELECT corner.*, corner.west AS x_number, corner.south AS y_number FROM corner
    UNION ALL
    SELECT corner.*, corner.east, corner.south FROM corner WHERE corner.east > corner.west
    UNION ALL
    SELECT corner.*, corner.west, corner.north FROM corner WHERE corner.north > corner.south
    UNION ALL
    SELECT corner.*, corner.east, corner.north
    FROM corner
    WHERE corner.east > corner.west AND corner.north > corner.south
),
neighbour AS MATERIALIZED (
    SELECT
        CASE WHEN %(outer_is_subject)s THEN piece.id ELSE around.id END AS subject_row,
        CASE WHEN %(outer_is_subject)s THEN around.id ELSE piece.id END AS object_row
    FROM piece
    {around_piece.sql}
    WHERE %(check)s IN ('overlap', 'duplicate')
      AND NOT %(by_grid)s
      AND around.id <> piece.id
      AND around.layer_id = piece.layer_id
    UNION ALL
    -- shapes nowhere farther apart than the tolerance have corners that are no farther apart
    SELECT square.id, other.id
    FROM square
    JOIN corner AS other
        ON other.layer_id = square.layer_id
        AND floor(other.x / %(square_m)s) = square.x_number
        AND floor(other.y / %(square_m)s) = square.y_number
    WHERE %(by_grid)s
      AND other.id <> square.id
      AND abs(other.x - square.x) <= %(reach_m)s
      AND abs(other.y - square.y) <= %(reach_m)s
),
pair AS MATERIALIZED (
    SELECT DISTINCT ON (least(subject.stable_id, object.stable_id),
                        greatest(subject.stable_id, object.stable_id), subject.layer_id)
        subject.id AS subject_row,
        object.id AS object_row,
        subject.geometry AS subject_geometry,
        object.geometry AS object_geometry
    FROM neighbour
    JOIN conflict_ground AS subject ON subject.id = neighbour.subject_row
    JOIN conflict_ground AS object ON object.id = neighbour.object_row
    WHERE %(check)s = 'overlap'
       OR (
           ST_Dimension(subject.geometry) = ST_Dimension(object.geometry)
           AND coalesce(subject.land_use_id = object.land_use_id, true)
           -- shapes nowhere farther apart than the tolerance have boxes that are no farther apart
           AND greatest(
               abs(ST_XMin(subject.geometry) - ST_XMin(object.geometry)),
               abs(ST_XMax(subject.geometry) - ST_XMax(object.geometry)),
               abs(ST_YMin(subject.geometry) - ST_YMin(object.geometry)),
               abs(ST_YMax(subject.geometry) - ST_YMax(object.geometry))
           ) <= %(tolerance_m)s + %(rounding_m)s
       )
    ORDER BY
        least(subject.stable_id, object.stable_id), greatest(subject.stable_id, object.stable_id),
        subject.layer_id, subject.stable_id
),
problem AS (
    SELECT
        asked.id AS subject_row, NULL::bigint AS object_row,
        1::double precision AS measured, 0::double precision AS required, 'place' AS unit,
        -1::double precision AS margin,
        ST_PointOnSurface(asked.geometry) AS witness,
        '{}'::jsonb AS facts
    FROM asked
    WHERE %(check)s = 'no_class' AND asked.land_use_id IS NULL
    UNION ALL
    SELECT
        asked.id, NULL,
        CASE WHEN told.problem IN ('below', 'above') THEN stated.amount ELSE 1 END,
        CASE told.problem WHEN 'below' THEN limits.least WHEN 'above' THEN limits.greatest ELSE 0 END,
        CASE WHEN told.problem IN ('below', 'above') THEN %(unit)s ELSE 'place' END,
        CASE told.problem
            WHEN 'below' THEN stated.amount - limits.least
            WHEN 'above' THEN limits.greatest - stated.amount
            ELSE -1
        END,
        ST_PointOnSurface(asked.geometry),
        jsonb_strip_nulls(jsonb_build_object('problem', told.problem, 'stated', stated.value))
    FROM asked
    CROSS JOIN (
        SELECT
            %(least)s::double precision AS least, %(greatest)s::double precision AS greatest
    ) AS limits
    CROSS JOIN LATERAL (
        SELECT
            asked.properties->%(attribute)s AS value,
            CASE WHEN jsonb_typeof(asked.properties->%(attribute)s) = 'number'
                THEN (asked.properties->>%(attribute)s)::double precision END AS amount
    ) AS stated
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN btrim(coalesce(stated.value #>> '{}', '')) = '' THEN 'missing'
            WHEN stated.amount IS NULL AND coalesce(limits.least, limits.greatest) IS NOT NULL
                THEN 'no_number'
            WHEN stated.amount < limits.least THEN 'below'
            WHEN stated.amount > limits.greatest THEN 'above'
        END AS problem
    ) AS told
    WHERE %(check)s = 'attribute' AND told.problem IS NOT NULL
    UNION ALL
    SELECT
        asked.id, NULL,
        width.width_m, %(tolerance_m)s, 'm', width.width_m - %(tolerance_m)s,
        asked.geometry,
        '{}'::jsonb
    FROM asked
    CROSS JOIN LATERAL (
        SELECT least(
            %(tolerance_m)s, 2 * (ST_MaximumInscribedCircle(asked.geometry)).radius
        ) AS width_m
        WHERE %(check)s = 'sliver'
          AND ST_Dimension(asked.geometry) = 2
          AND CASE
              -- area <= greatest disc's radius x border (Sz.-Nagy 1959), where nothing has a hole
              WHEN ST_NRings(asked.geometry) = ST_NumGeometries(asked.geometry)
                  AND ST_Area(asked.geometry)
                      > (%(half_m)s + %(rounding_m)s) * ST_Perimeter(asked.geometry)
                  THEN false
              ELSE ST_IsEmpty(ST_Buffer(asked.geometry, -%(half_m)s))
          END
    ) AS width
    UNION ALL
    SELECT
        pair.subject_row, pair.object_row,
        ST_Area(shared.geometry), 0, 'm2', -ST_Area(shared.geometry),
        shared.geometry,
        jsonb_build_object('tolerance_m', %(tolerance_m)s::double precision)
    FROM pair
    CROSS JOIN LATERAL (
        SELECT ST_Multi(ST_CollectionExtract(
            ST_Intersection(pair.subject_geometry, pair.object_geometry), 3
        )) AS geometry
        WHERE ST_Intersects(pair.subject_geometry, pair.object_geometry)
          AND NOT ST_Touches(pair.subject_geometry, pair.object_geometry)
    ) AS shared
    WHERE %(check)s = 'overlap' AND NOT ST_IsEmpty(ST_Buffer(shared.geometry, -%(half_m)s))
    UNION ALL
    SELECT
        pair.subject_row, pair.object_row,
        apart.apart_m, %(tolerance_m)s, 'm', apart.apart_m - %(tolerance_m)s,
        pair.subject_geometry,
        '{}'::jsonb
    FROM pair
    CROSS JOIN LATERAL (
        SELECT ST_HausdorffDistance(pair.subject_geometry, pair.object_geometry) AS apart_m
    ) AS apart
    WHERE %(check)s = 'duplicate' AND apart.apart_m <= %(tolerance_m)s + %(rounding_m)s
),
once AS (
    SELECT
        problem.*,
        layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        CASE WHEN object.id IS NULL THEN '' ELSE layer.slug END AS object_layer,
        coalesce(object.stable_id, '') AS object_id,
        subject.properties AS subject_properties,
        coalesce(object.properties, '{}'::jsonb) AS object_properties
    FROM problem
    JOIN conflict_ground AS subject ON subject.id = problem.subject_row
    JOIN layers_layer AS layer ON layer.id = subject.layer_id
    LEFT JOIN conflict_ground AS object ON object.id = problem.object_row
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    %(severity)s, once.measured, once.required, once.unit, once.margin, once.witness, once.facts,
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
