-- Pairs whose shared border is longer than max_border_m, with nothing of "between" along it.
--
-- Measured along the subject: the part of each straight piece of its border from which the object's
-- border lies straight across within tolerance_m (the square offset, on either side). So borders
-- that coincide are found, those that real drawings hold apart or push over each other too, and
-- what meets at a corner shares nothing. Cost: every border piece of a subject that has a
-- neighbour asks the GiST index of the neighbours' border pieces once.
--
-- "outer" is the side with fewer features. A pair that both selectors mean is measured once, along
-- the first in order.
TRUNCATE conflict_pair, conflict_border;

WITH piece AS MATERIALIZED (
    SELECT feature.id AS outer_row, part.geometry
    FROM (
    {outer_side.sql}
    ) AS feature
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
),
candidate AS MATERIALIZED (
    SELECT piece.outer_row, around.id AS inner_row
    FROM piece
    {around_piece.sql}
    WHERE around.id <> piece.outer_row
      AND ST_DWithin(piece.geometry, around.geometry, %(around_m)s)
),
paired AS (
    SELECT DISTINCT
        CASE WHEN %(outer_is_subject)s THEN outer_row ELSE inner_row END AS subject_row,
        CASE WHEN %(outer_is_subject)s THEN inner_row ELSE outer_row END AS object_row
    FROM candidate
)
INSERT INTO conflict_pair (subject_row, object_row)
SELECT DISTINCT ON (least(names.subject, names.object), greatest(names.subject, names.object))
    paired.subject_row, paired.object_row
FROM paired
JOIN conflict_ground AS subject ON subject.id = paired.subject_row
JOIN conflict_ground AS object ON object.id = paired.object_row
JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
CROSS JOIN LATERAL (
    SELECT
        ARRAY[subject_layer.slug, subject.stable_id]::text[] AS subject,
        ARRAY[object_layer.slug, object.stable_id]::text[] AS object
) AS names
ORDER BY least(names.subject, names.object), greatest(names.subject, names.object), names.subject;

DROP INDEX IF EXISTS pg_temp.conflict_border_geometry;

INSERT INTO conflict_border (feature_id, geometry)
SELECT feature.id, segment.geom
FROM conflict_ground AS feature
CROSS JOIN LATERAL ST_DumpSegments(feature.geometry) AS segment
WHERE feature.id IN (SELECT object_row FROM conflict_pair);

CREATE INDEX conflict_border_geometry ON conflict_border USING gist (geometry);
ANALYZE conflict_pair;
ANALYZE conflict_border;

WITH segment AS MATERIALIZED (
    SELECT
        feature.id AS subject_row,
        piece.path,
        piece.geom AS geometry,
        ST_X(ST_StartPoint(piece.geom)) AS x,
        ST_Y(ST_StartPoint(piece.geom)) AS y,
        ST_X(ST_EndPoint(piece.geom)) - ST_X(ST_StartPoint(piece.geom)) AS dx,
        ST_Y(ST_EndPoint(piece.geom)) - ST_Y(ST_StartPoint(piece.geom)) AS dy,
        ST_Length(piece.geom) AS length_m
    FROM conflict_ground AS feature
    CROSS JOIN LATERAL ST_DumpSegments(feature.geometry) AS piece
    WHERE feature.id IN (SELECT subject_row FROM conflict_pair) AND ST_Length(piece.geom) > 0
),
facing AS MATERIALIZED (  -- the object's piece as seen from the subject's: along and across it [m]
    SELECT
        segment.subject_row, across.feature_id AS object_row, segment.path,
        segment.geometry, segment.length_m,
        ((ends.x0 - segment.x) * segment.dx + (ends.y0 - segment.y) * segment.dy)
            / segment.length_m AS along0,
        ((ends.x1 - segment.x) * segment.dx + (ends.y1 - segment.y) * segment.dy)
            / segment.length_m AS along1,
        ((ends.y0 - segment.y) * segment.dx - (ends.x0 - segment.x) * segment.dy)
            / segment.length_m AS across0,
        ((ends.y1 - segment.y) * segment.dx - (ends.x1 - segment.x) * segment.dy)
            / segment.length_m AS across1
    FROM segment
    CROSS JOIN LATERAL (
        SELECT border.feature_id, border.geometry
        FROM conflict_border AS border
        WHERE border.geometry && ST_Expand(segment.geometry, %(facing_m)s)
        OFFSET 0
    ) AS across
    JOIN conflict_pair AS pair
        ON pair.subject_row = segment.subject_row AND pair.object_row = across.feature_id
    CROSS JOIN LATERAL (
        SELECT
            ST_X(ST_StartPoint(across.geometry)) AS x0, ST_Y(ST_StartPoint(across.geometry)) AS y0,
            ST_X(ST_EndPoint(across.geometry)) AS x1, ST_Y(ST_EndPoint(across.geometry)) AS y1
    ) AS ends
),
clipped AS (  -- from which to which share of the object's piece it lies within the tolerance
    SELECT
        facing.*,
        CASE WHEN across0 = across1 THEN 0 ELSE greatest(0, least(
            (-%(facing_m)s - across0) / nullif(across1 - across0, 0),
            (%(facing_m)s - across0) / nullif(across1 - across0, 0)
        )) END AS enters,
        CASE WHEN across0 = across1 THEN 1 ELSE least(1, greatest(
            (-%(facing_m)s - across0) / nullif(across1 - across0, 0),
            (%(facing_m)s - across0) / nullif(across1 - across0, 0)
        )) END AS leaves
    FROM facing
    WHERE least(abs(across0), abs(across1)) <= %(facing_m)s
       OR sign(across0) <> sign(across1)
),
stretch AS (  -- on the subject's piece, from its start [m]
    SELECT clipped.*, least(span.a, span.b) AS begins_m, greatest(span.a, span.b) AS ends_m
    FROM clipped
    CROSS JOIN LATERAL (
        SELECT
            least(greatest(along0 + enters * (along1 - along0), 0), length_m) AS a,
            least(greatest(along0 + leaves * (along1 - along0), 0), length_m) AS b
    ) AS span
    WHERE enters <= leaves
),
merged AS (  -- what several pieces of the object face counts once
    SELECT
        subject_row, object_row, path, geometry, length_m,
        range_agg(numrange(begins_m::numeric, ends_m::numeric)) AS stretches
    FROM stretch
    WHERE ends_m > begins_m
    GROUP BY subject_row, object_row, path, geometry, length_m
),
shared AS MATERIALIZED (
    SELECT
        merged.subject_row,
        merged.object_row,
        sum(upper(part) - lower(part))::double precision AS border_m,
        ST_Multi(ST_LineMerge(ST_Collect(ST_LineSubstring(
            merged.geometry,
            least(1, lower(part)::double precision / length_m),
            least(1, upper(part)::double precision / length_m)
        )))) AS geometry
    FROM merged
    CROSS JOIN LATERAL unnest(merged.stretches) AS part
    GROUP BY merged.subject_row, merged.object_row
    HAVING sum(upper(part) - lower(part)) > %(max_border_m)s
),
separated AS MATERIALIZED (  -- what runs between takes its part of the border away
    SELECT
        shared.subject_row, shared.object_row, shared.border_m,
        CASE WHEN covering.geometry IS NULL THEN shared.border_m
            ELSE ST_Length(ST_Difference(shared.geometry, covering.geometry)) END AS open_m,
        CASE WHEN covering.geometry IS NULL THEN shared.geometry
            ELSE ST_Difference(shared.geometry, covering.geometry) END AS geometry
    FROM shared
    CROSS JOIN LATERAL (
        SELECT ST_Union(
            ST_Buffer(around.geometry, %(between_within_m)s, 'endcap=flat join=mitre')
        ) AS geometry
        FROM (
            SELECT feature.id, feature.geometry
            FROM conflict_ground AS feature
            WHERE %(between)s > 0
              AND feature.retired_in IS NULL
              AND feature.geometry && ST_Expand(shared.geometry, %(between_within_m)s)
            OFFSET 0
        ) AS around
        JOIN conflict_selection AS chosen
            ON chosen.selection = %(between)s AND chosen.feature_id = around.id AND chosen.is_sure
        WHERE around.id NOT IN (shared.subject_row, shared.object_row)
    ) AS covering
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, subject.id, object.id,
    subject_layer.slug, subject.stable_id, object_layer.slug, object.stable_id,
    %(severity)s,
    measured.open_m,
    %(max_border_m)s,
    'm',
    %(max_border_m)s - measured.open_m,
    ST_Multi(separated.geometry),
    jsonb_build_object('border_m', separated.border_m, 'tolerance_m', %(tolerance_m)s::float8),
    (
        {exempted.sql}
    )
FROM separated
CROSS JOIN LATERAL (
    -- a micrometre is the noise of the computation
    SELECT round(separated.open_m::numeric, 6)::double precision AS open_m
) AS measured
JOIN conflict_ground AS subject ON subject.id = separated.subject_row
JOIN conflict_ground AS object ON object.id = separated.object_row
JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
CROSS JOIN LATERAL (
    SELECT subject.properties AS subject_properties, object.properties AS object_properties
) AS once
WHERE measured.open_m > %(max_border_m)s
  -- one place recorded in two layers is no neighbour of itself
  AND NOT (
      coalesce(subject.land_use_id = object.land_use_id, false)
      AND subject.layer_id <> object.layer_id
      AND 2 * ST_Area(ST_Intersection(subject.geometry, object.geometry))
          >= least(ST_Area(subject.geometry), ST_Area(object.geometry))
  )
ORDER BY subject_layer.slug, subject.stable_id, object_layer.slug, object.stable_id
