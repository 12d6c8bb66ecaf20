-- Structures (subjects) whose top pierces the lowest obstacle limitation surface over their place;
-- the surfaces belong to runways (objects). Elevations are metres above the same sea level.
--
-- Rings around the runway count from the point of the structure that is nearest to it; none is lower
-- than the one before. The approach surfaces lie before both ends of the runway, whose axis is a
-- line's from end to end, else that of the narrowest box around it. What only touches a surface
-- keeps to it.
-- The top lies between "low" and "high": without a stated height it is somewhere above the ground,
-- without the ground's or the aerodrome's elevation anywhere. Where only "high" pierces a surface,
-- or the runway is drawn as a point or wider than the approach begins (an aerodrome, not its runway),
-- the structure is put into conflict_untold. A negative height and an elevation below lowest_ground_m
-- are marks for "no data": not stated.
-- Transitional and take-off climb surfaces are not asked, as nobody stated how wide they begin. What
-- keeps to all others, but may pierce one of these, goes into conflict_untold too: transitional ones
-- rise from where the approach begins along the runway and from the sides of the approach, take-off
-- climb surfaces at most over the same ground as the approach.
WITH runway AS MATERIALIZED (
    SELECT
        object.id AS object_row, object.geometry,
        -- 0: where the runway lies is not known
        CASE
            WHEN %(has_approach)s AND across.metres > 2 * %(inner_half_m)s THEN 0
            ELSE ST_Dimension(object.geometry)
        END AS dimension,
        CASE WHEN jsonb_typeof(object.properties->%(elevation_attribute)s) = 'number'
                AND object.properties->%(elevation_attribute)s >= to_jsonb(%(lowest_ground_m)s::double precision)
            THEN (object.properties->>%(elevation_attribute)s)::double precision END AS elevation
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS object ON object.id = chosen.feature_id
    CROSS JOIN LATERAL (SELECT ST_OrientedEnvelope(object.geometry) AS geometry) AS box
    CROSS JOIN LATERAL (  -- the narrow side; of a straight line or a point 0
        SELECT coalesce(least(
            ST_Distance(
                ST_PointN(ST_ExteriorRing(box.geometry), 1),
                ST_PointN(ST_ExteriorRing(box.geometry), 2)
            ),
            ST_Distance(
                ST_PointN(ST_ExteriorRing(box.geometry), 2),
                ST_PointN(ST_ExteriorRing(box.geometry), 3)
            )
        ), 0) AS metres
    ) AS across
    WHERE chosen.selection = %(object)s AND chosen.is_sure
),
axis AS MATERIALIZED (
    SELECT
        runway.object_row,
        CASE
            WHEN runway.dimension = 1
                THEN ST_MakeLine(
                    ST_PointN(longest.geometry, 1), ST_PointN(longest.geometry, -1)
                )
            WHEN ST_Distance(box.a, box.b) >= ST_Distance(box.b, box.c)
                THEN ST_MakeLine(
                    ST_LineInterpolatePoint(ST_MakeLine(box.a, box.d), 0.5),
                    ST_LineInterpolatePoint(ST_MakeLine(box.b, box.c), 0.5)
                )
            ELSE ST_MakeLine(
                ST_LineInterpolatePoint(ST_MakeLine(box.a, box.b), 0.5),
                ST_LineInterpolatePoint(ST_MakeLine(box.d, box.c), 0.5)
            )
        END AS geometry
    FROM runway
    CROSS JOIN LATERAL (
        SELECT part.geom AS geometry
        FROM ST_Dump(runway.geometry) AS part
        ORDER BY ST_Length(part.geom) DESC, part.path
        LIMIT 1
    ) AS longest
    CROSS JOIN LATERAL (
        SELECT ST_ExteriorRing(ST_OrientedEnvelope(runway.geometry)) AS ring
        WHERE runway.dimension = 2
        UNION ALL
        SELECT NULL::geometry WHERE runway.dimension < 2
    ) AS envelope
    CROSS JOIN LATERAL (
        SELECT
            ST_PointN(envelope.ring, 1) AS a, ST_PointN(envelope.ring, 2) AS b,
            ST_PointN(envelope.ring, 3) AS c, ST_PointN(envelope.ring, 4) AS d
    ) AS box
    WHERE %(has_approach)s AND runway.dimension > 0
),
landing AS MATERIALIZED (  -- one row per end: where the inner edge lies and where it looks
    SELECT
        ending.object_row,
        ST_X(ending.threshold) + ending.ux * %(threshold_m)s AS x,
        ST_Y(ending.threshold) + ending.uy * %(threshold_m)s AS y,
        ending.ux, ending.uy
    FROM (
        SELECT
            axis.object_row, ends.threshold,
            (ST_X(ends.threshold) - ST_X(ends.other)) / ST_Length(axis.geometry) AS ux,
            (ST_Y(ends.threshold) - ST_Y(ends.other)) / ST_Length(axis.geometry) AS uy
        FROM axis
        CROSS JOIN LATERAL (
            VALUES
                (ST_StartPoint(axis.geometry), ST_EndPoint(axis.geometry)),
                (ST_EndPoint(axis.geometry), ST_StartPoint(axis.geometry))
        ) AS ends(threshold, other)
        WHERE ST_Length(axis.geometry) > 0
    ) AS ending
),
approach AS MATERIALIZED (
    SELECT
        landing.*,
        ST_SetSRID(ST_MakePolygon(ST_MakeLine(ARRAY[
            ST_MakePoint(landing.x - landing.uy * far.inner, landing.y + landing.ux * far.inner),
            ST_MakePoint(
                landing.x + landing.ux * %(approach_m)s - landing.uy * far.outer,
                landing.y + landing.uy * %(approach_m)s + landing.ux * far.outer),
            ST_MakePoint(
                landing.x + landing.ux * %(approach_m)s + landing.uy * far.outer,
                landing.y + landing.uy * %(approach_m)s - landing.ux * far.outer),
            ST_MakePoint(landing.x + landing.uy * far.inner, landing.y - landing.ux * far.inner),
            ST_MakePoint(landing.x - landing.uy * far.inner, landing.y + landing.ux * far.inner)
        ])), %(srid)s) AS geometry
    FROM landing
    CROSS JOIN LATERAL (
        SELECT
            %(inner_half_m)s AS inner,
            %(inner_half_m)s + %(divergence)s * %(approach_m)s AS outer
    ) AS far
),
structure AS MATERIALIZED (
    SELECT
        runway.object_row, runway.geometry AS runway, runway.dimension AS runway_dimension,
        runway.elevation, around.id AS subject_row, around.geometry, stated.ground, stated.height,
        ST_Distance(runway.geometry, around.geometry) AS distance_m,
        stated.ground + coalesce(stated.height, 0) AS low,
        stated.ground + stated.height AS high
    FROM runway
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.geometry, feature.properties
        FROM conflict_ground AS feature
        WHERE feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(runway.geometry, %(reach_m)s)
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT 1
        FROM conflict_selection AS chosen
        WHERE chosen.selection = %(subject)s AND chosen.feature_id = around.id AND chosen.is_sure
        OFFSET 0
    ) AS wanted
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN jsonb_typeof(around.properties->%(ground_attribute)s) = 'number'
                    AND around.properties->%(ground_attribute)s >= to_jsonb(%(lowest_ground_m)s::double precision)
                THEN (around.properties->>%(ground_attribute)s)::double precision END AS ground,
            CASE WHEN jsonb_typeof(around.properties->%(height_attribute)s) = 'number'
                    AND around.properties->%(height_attribute)s >= '0'::jsonb
                THEN (around.properties->>%(height_attribute)s)::double precision END AS height
    ) AS stated
    WHERE around.id <> runway.object_row
      AND ST_DWithin(runway.geometry, around.geometry, %(reach_m)s)
),
lowest AS MATERIALIZED (  -- the lowest surface over each that counts, some only for what is high
    SELECT structure.*, over.surface_name, over.surface_m, over.counts_above
    FROM structure
    LEFT JOIN LATERAL (
        SELECT surface.surface_name, surface.surface_m, surface.counts_above
        FROM (
            SELECT
                ring.name AS surface_name,
                structure.elevation + ring.height + ring.slope
                    * (greatest(structure.distance_m, ring.begins) - ring.begins) AS surface_m,
                ring.counts_above
            FROM unnest(
                %(names)s::text[], %(from_m)s::double precision[], %(to_m)s::double precision[],
                %(heights)s::double precision[], %(slopes)s::double precision[],
                %(counts_above)s::double precision[]
            ) AS ring(name, begins, ends, height, slope, counts_above)
            WHERE structure.distance_m BETWEEN ring.begins AND ring.ends
            UNION ALL
            SELECT
                %(approach_name)s,
                structure.elevation + section.height
                    + section.slope * (along.metres - section.begins),
                0
            FROM approach
            CROSS JOIN LATERAL (
                SELECT greatest(0, min(
                    (ST_X(corner.geom) - approach.x) * approach.ux
                    + (ST_Y(corner.geom) - approach.y) * approach.uy
                )) AS metres
                FROM ST_DumpPoints(
                    ST_Intersection(approach.geometry, structure.geometry)
                ) AS corner
            ) AS along
            CROSS JOIN LATERAL (
                SELECT part.begins, part.height, part.slope
                FROM unnest(
                    %(section_begins)s::double precision[],
                    %(section_heights)s::double precision[],
                    %(section_slopes)s::double precision[]
                ) AS part(begins, height, slope)
                WHERE part.begins <= along.metres
                ORDER BY part.begins DESC
                LIMIT 1
            ) AS section
            WHERE approach.object_row = structure.object_row
              AND ST_Intersects(approach.geometry, structure.geometry)
        ) AS surface
        WHERE surface.counts_above = 0
           OR coalesce(structure.height, 'Infinity') > surface.counts_above
        ORDER BY surface.surface_m, surface.surface_name
        LIMIT 1
    ) AS over ON true
    WHERE over.surface_name IS NOT NULL OR structure.runway_dimension = 0
),
judged AS MATERIALIZED (
    SELECT
        lowest.*,
        lowest.runway_dimension > 0 AND coalesce(pierced.is_so, false) AS bites,
        lowest.runway_dimension = 0
            OR coalesce(pierced.is_so, true)
            OR lowest.high IS NULL
            OR lowest.elevation IS NULL AS may_bite
    FROM lowest
    CROSS JOIN LATERAL (
        SELECT lowest.low > lowest.surface_m + 1e-6
            AND (lowest.counts_above = 0 OR lowest.height > lowest.counts_above) AS is_so
    ) AS pierced
),
unasked AS MATERIALIZED (
    SELECT
        judged.subject_row, judged.object_row,
        CASE
            WHEN judged.high > judged.elevation + beside.rise_m + 1e-6
                    AND beside.rise_m < %(inner_top_m)s
                OR coalesce(before.may_pierce_transitional, false) THEN 'transitional'
            WHEN before.may_pierce_take_off THEN 'take_off'
        END AS surface
    FROM judged
    CROSS JOIN LATERAL (
        SELECT
            %(transitional_slope)s * greatest(0, judged.distance_m - %(inner_half_m)s) AS rise_m
    ) AS beside
    CROSS JOIN LATERAL (
        SELECT
            bool_or(
                judged.high > judged.elevation + side.rise_m + 1e-6
                AND side.rise_m < %(inner_top_m)s
            ) AS may_pierce_transitional,
            bool_or(
                side.apart_m = 0
                AND judged.high > judged.elevation + %(take_off_slope)s * side.along_m + 1e-6
            ) AS may_pierce_take_off
        FROM (
            SELECT
                along.metres AS along_m,
                away.apart_m,
                section.height + section.slope * (along.metres - section.begins)
                    + %(transitional_slope)s * away.apart_m AS rise_m
            FROM approach
            CROSS JOIN LATERAL (
                SELECT ST_Distance(approach.geometry, judged.geometry) AS apart_m
            ) AS away
            CROSS JOIN LATERAL (
                SELECT least(%(approach_m)s, greatest(0, min(
                    (ST_X(corner.geom) - approach.x) * approach.ux
                    + (ST_Y(corner.geom) - approach.y) * approach.uy
                ))) AS metres
                FROM ST_DumpPoints(judged.geometry) AS corner
            ) AS along
            CROSS JOIN LATERAL (
                SELECT part.begins, part.height, part.slope
                FROM unnest(
                    %(section_begins)s::double precision[],
                    %(section_heights)s::double precision[],
                    %(section_slopes)s::double precision[]
                ) AS part(begins, height, slope)
                WHERE part.begins <= along.metres
                ORDER BY part.begins DESC
                LIMIT 1
            ) AS section
            WHERE approach.object_row = judged.object_row
              AND ST_DWithin(
                  approach.geometry, judged.geometry, %(inner_top_m)s / %(transitional_slope)s
              )
        ) AS side
    ) AS before
    WHERE NOT judged.bites AND NOT judged.may_bite AND judged.high > judged.elevation
),
named AS (
    SELECT
        judged.*,
        unasked.surface AS unasked_surface,
        subject_layer.slug AS subject_layer, subject.stable_id AS subject_id,
        object_layer.slug AS object_layer, object.stable_id AS object_id,
        subject.properties AS subject_properties, object.properties AS object_properties
    FROM judged
    LEFT JOIN unasked
        ON unasked.subject_row = judged.subject_row AND unasked.object_row = judged.object_row
    JOIN conflict_ground AS subject ON subject.id = judged.subject_row
    JOIN conflict_ground AS object ON object.id = judged.object_row
    JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
    JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
),
untold AS (
    INSERT INTO conflict_untold (rule_code, subject_row, subject_layer, subject_id, reason)
    SELECT DISTINCT ON (named.subject_layer, named.subject_id)
        %(rule_code)s, named.subject_row, named.subject_layer, named.subject_id,
        CASE
            WHEN named.runway_dimension = 0 THEN 'runway'
            WHEN named.elevation IS NULL THEN 'elevation'
            WHEN named.may_bite THEN 'attribute'
            ELSE named.unasked_surface
        END
    FROM named
    WHERE NOT named.bites AND (named.may_bite OR named.unasked_surface IS NOT NULL)
    ORDER BY named.subject_layer, named.subject_id, named.object_layer, named.object_id
    ON CONFLICT DO NOTHING
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.object_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    %(severity)s,
    once.low, once.surface_m, 'm', once.surface_m - once.low,
    CASE
        WHEN once.distance_m > 0 THEN ST_ShortestLine(once.geometry, once.runway)
        ELSE once.geometry
    END,
    jsonb_strip_nulls(jsonb_build_object(
        'surface', once.surface_name, 'distance_m', once.distance_m, 'ground_m', once.ground,
        'stated_height_m', once.height, 'aerodrome_m', once.elevation
    )),
    (
        {exempted.sql}
    )
FROM named AS once
WHERE once.bites
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
