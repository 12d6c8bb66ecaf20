-- Subjects that do not keep the standard of the zone they lie in (a hit per zone), or, where no zone
-- is asked, of their own class (a hit without an object).
--
-- Every number is a pair of bounds, "low" and "high": what is measured lies between, and they are
-- equal where all is known. A standard is broken where both break it; where only one does, the
-- subject is put into conflict_untold with what is missing. Unknown is infinite.
-- A limit is that of the nearest class up the branch; the empty name stands for any class.
WITH RECURSIVE lineage AS (
    SELECT class.id AS class_id, class.code, class.parent_id, 0 AS steps
    FROM layers_landuseclass AS class
    UNION ALL
    SELECT lineage.class_id, parent.code, parent.parent_id, lineage.steps + 1
    FROM lineage
    JOIN layers_landuseclass AS parent ON parent.id = lineage.parent_id
),
stated AS (
    SELECT limits.code, limits.asked, limits.clear
    FROM unnest(
        %(codes)s::text[], %(values)s::double precision[], %(clears)s::double precision[]
    ) AS limits(code, asked, clear)
),
standard AS MATERIALIZED (
    SELECT DISTINCT ON (lineage.class_id) lineage.class_id, stated.asked, stated.clear
    FROM lineage
    JOIN stated ON stated.code = lineage.code
    ORDER BY lineage.class_id, lineage.steps
),
piece AS MATERIALIZED (
    SELECT
        zone.id AS zone_row, part.geometry,
        coalesce(standard.asked, anything.asked) AS asked,
        coalesce(standard.clear, anything.clear) AS clear
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS zone ON zone.id = chosen.feature_id
    LEFT JOIN standard ON standard.class_id = zone.land_use_id
    LEFT JOIN stated AS anything ON anything.code = ''
    CROSS JOIN LATERAL ST_Subdivide(zone.geometry, 128) AS part(geometry)
    WHERE %(has_zone)s AND chosen.selection = %(object)s AND chosen.is_sure
),
near AS MATERIALIZED (
    SELECT piece.zone_row, piece.geometry AS piece, piece.asked, piece.clear, around.id AS subject_row
    FROM piece
    CROSS JOIN LATERAL (
        SELECT feature.id
        FROM conflict_ground AS feature
        WHERE feature.retired_in IS NULL AND feature.geometry && piece.geometry
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT 1
        FROM conflict_selection AS chosen
        WHERE chosen.selection = %(subject)s AND chosen.feature_id = around.id AND chosen.is_sure
        OFFSET 0
    ) AS wanted
    WHERE around.id <> piece.zone_row AND piece.asked IS NOT NULL
    UNION ALL
    SELECT
        NULL, NULL, coalesce(standard.asked, anything.asked),
        coalesce(standard.clear, anything.clear), subject.id
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS subject ON subject.id = chosen.feature_id
    LEFT JOIN standard ON standard.class_id = subject.land_use_id
    LEFT JOIN stated AS anything ON anything.code = ''
    WHERE NOT %(has_zone)s
      AND chosen.selection = %(subject)s
      AND chosen.is_sure
      AND coalesce(standard.asked, anything.asked) IS NOT NULL
),
-- What the record and its shape say alone. Those that keep the standard go no further.
plain AS MATERIALIZED (
    SELECT
        near.*, subject.geometry, ground.least_m2, ground.greatest_m2, own.low, own.high, own.lacks
    FROM near
    JOIN conflict_ground AS subject ON subject.id = near.subject_row
    CROSS JOIN LATERAL (
        SELECT
            -- a negative number is a mark for "no data", never an amount
            CASE WHEN jsonb_typeof(subject.properties->%(attribute)s) = 'number'
                    AND subject.properties->%(attribute)s >= '0'::jsonb
                THEN (subject.properties->>%(attribute)s)::double precision END AS amount,
            CASE
                WHEN %(per)s IN ('', 'area') THEN 1
                WHEN jsonb_typeof(subject.properties->%(per)s) = 'number'
                    THEN nullif(greatest((subject.properties->>%(per)s)::double precision, 0), 0)
            END AS share_of,
            CASE WHEN jsonb_typeof(subject.properties->%(area_attribute)s) = 'number'
                THEN nullif(
                    greatest((subject.properties->>%(area_attribute)s)::double precision, 0), 0
                ) END AS titled_m2,
            nullif(ST_Area(subject.geometry), 0) AS mapped_m2
    ) AS said
    CROSS JOIN LATERAL (
        SELECT
            CASE WHEN said.mapped_m2 > 0 THEN least(said.mapped_m2, said.titled_m2) END AS least_m2,
            CASE WHEN said.mapped_m2 > 0 THEN greatest(said.mapped_m2, said.titled_m2) END
                AS greatest_m2
    ) AS ground
    CROSS JOIN LATERAL (
        SELECT
            CASE
                WHEN %(measure)s = 'area' THEN ground.least_m2
                WHEN %(per)s = 'area' THEN said.amount / ground.greatest_m2
                ELSE said.amount / said.share_of
            END * %(factor)s AS low,
            CASE
                WHEN %(measure)s = 'area' THEN ground.greatest_m2
                WHEN %(per)s = 'area' THEN said.amount / ground.least_m2
                ELSE said.amount / said.share_of
            END * %(factor)s AS high,
            CASE
                WHEN %(uses_area)s AND ground.least_m2 IS NULL THEN 'shape'
                WHEN %(measure)s = 'attribute' AND (said.amount / said.share_of) IS NULL
                    THEN 'attribute'
            END AS lacks
    ) AS own
    WHERE %(counts)s
       OR own.lacks IS NOT NULL
       OR CASE
           WHEN %(bound)s = 'max' THEN own.high > near.asked * (1 + 1e-9)
           ELSE own.low < near.asked * (1 - 1e-9)
       END
),
-- How much of the subject lies in the zone: a border drawn a little off is no lying in it.
lying AS MATERIALIZED (
    SELECT
        plain.subject_row, plain.zone_row, plain.asked, plain.clear, plain.least_m2,
        plain.greatest_m2, plain.low, plain.high, plain.lacks, plain.geometry,
        CASE
            WHEN plain.zone_row IS NULL THEN 1
            WHEN bool_or(ST_Covers(plain.piece, plain.geometry)) THEN 1
            WHEN ST_Dimension(plain.geometry) = 2
                THEN sum(ST_Area(ST_Intersection(plain.piece, plain.geometry)))
                    / ST_Area(plain.geometry)
            WHEN ST_Dimension(plain.geometry) = 1
                THEN ST_Length(ST_CollectionExtract(
                    ST_Union(ST_Intersection(plain.piece, plain.geometry)), 2
                )) / ST_Length(plain.geometry)
            ELSE ST_NPoints(ST_Union(ST_Intersection(plain.piece, plain.geometry)))::double precision
                / ST_NPoints(plain.geometry)
        END AS share
    FROM plain
    WHERE plain.zone_row IS NULL OR ST_Intersects(plain.piece, plain.geometry)
    GROUP BY
        plain.subject_row, plain.zone_row, plain.asked, plain.clear, plain.least_m2,
        plain.greatest_m2, plain.low, plain.high, plain.lacks, plain.geometry
),
concerned AS MATERIALIZED (
    SELECT lying.* FROM lying WHERE lying.share >= %(min_share)s - 1e-9
),
looked_at AS MATERIALIZED (  -- where what is counted was looked for
    SELECT krong_surveyed_ground(known.id, %(between_classes)s::text[]) AS geometry
    FROM unnest(%(between_layers)s::text[]) AS layer(slug)
    LEFT JOIN layers_layer AS known ON known.slug = layer.slug
),
measured AS MATERIALIZED (
    SELECT
        concerned.subject_row, concerned.zone_row, concerned.asked, concerned.clear,
        concerned.share, coalesce(built.many, 0) AS many,
        CASE
            WHEN NOT %(counts)s OR concerned.lacks IS NOT NULL THEN true
            WHEN NOT coalesce(built.is_described, true) THEN false
            ELSE cardinality(%(between_layers)s::text[]) > 0 AND NOT EXISTS (
                SELECT 1 FROM looked_at
                WHERE looked_at.geometry IS NULL
                   OR NOT ST_Covers(looked_at.geometry, concerned.geometry)
            )
        END AS is_whole,
        CASE
            WHEN concerned.lacks IS NOT NULL THEN '-Infinity'::double precision
            WHEN %(measure)s = 'coverage'
                THEN coalesce(built.covered_m2, 0) / concerned.greatest_m2 * %(factor)s
            WHEN %(measure)s = 'floor_area_ratio'
                THEN coalesce(built.floor_m2, 0) / concerned.greatest_m2 * %(factor)s
            WHEN %(measure)s = 'setback' THEN coalesce(built.edge_m, 'Infinity')
            ELSE concerned.low
        END AS low,
        CASE
            WHEN concerned.lacks IS NOT NULL THEN 'Infinity'::double precision
            WHEN %(measure)s = 'coverage'
                THEN coalesce(built.covered_m2, 0) / concerned.least_m2 * %(factor)s
            WHEN %(measure)s = 'floor_area_ratio'
                THEN coalesce(built.floor_m2, 0) / concerned.least_m2 * %(factor)s
            WHEN %(measure)s = 'setback' THEN coalesce(built.edge_m, 'Infinity')
            ELSE concerned.high
        END AS high,
        concerned.lacks,
        coalesce(
            CASE WHEN %(measure)s = 'setback' THEN built.nearest ELSE built.geometry END,
            concerned.geometry
        ) AS witness
    FROM concerned
    -- What stands on it, summed up: each asks the index by itself, so that many plots stay cheap.
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE standing.is_sure) AS many,
            ST_Area(ST_Union(standing.geometry)
                FILTER (WHERE standing.is_sure AND standing.is_area)) AS covered_m2,
            -- what has a roof has at least one storey
            sum(ST_Area(standing.geometry) * greatest(standing.storeys, 1))
                FILTER (WHERE standing.is_sure AND standing.is_area) AS floor_m2,
            min(standing.edge_m) FILTER (WHERE standing.is_sure) AS edge_m,
            (array_agg(standing.geometry ORDER BY standing.edge_m, standing.counted_row)
                FILTER (WHERE standing.is_sure AND standing.edge_m IS NOT NULL))[1] AS nearest,
            ST_Union(standing.geometry) FILTER (WHERE standing.is_sure) AS geometry,
            bool_and(
                standing.is_sure IS TRUE
                AND standing.is_area  -- the wall of what is drawn as a point may lie nearer
                AND (standing.storeys IS NOT NULL OR %(measure)s <> 'floor_area_ratio')
            ) AS is_described
        FROM (
            SELECT
                around.id AS counted_row, around.is_sure, around.storeys,
                ST_Dimension(around.geometry) = 2 AS is_area,
                CASE
                    WHEN ST_Covers(concerned.geometry, around.geometry) THEN around.geometry
                    ELSE ST_CollectionExtract(
                        ST_Intersection(concerned.geometry, around.geometry),
                        ST_Dimension(around.geometry) + 1
                    )
                END AS geometry,
                CASE
                    WHEN NOT ST_Intersects(
                        concerned.geometry, ST_PointOnSurface(around.geometry)
                    ) THEN NULL
                    WHEN NOT ST_Covers(concerned.geometry, around.geometry) THEN 0
                    ELSE ST_Distance(ST_Boundary(concerned.geometry), around.geometry)
                END AS edge_m
            FROM (  -- chosen before their shapes are compared: what else lies there may be large
                SELECT lying.id, lying.geometry, lying.storeys, wanted.is_sure
                FROM (
                    SELECT
                        feature.id, feature.geometry,
                        CASE WHEN jsonb_typeof(feature.properties->%(attribute)s) = 'number'
                                AND feature.properties->%(attribute)s >= '0'::jsonb
                            THEN (feature.properties->>%(attribute)s)::double precision
                        END AS storeys
                    FROM conflict_ground AS feature
                    WHERE %(counts)s
                      AND concerned.lacks IS NULL
                      AND feature.retired_in IS NULL
                      AND feature.geometry && concerned.geometry
                    OFFSET 0
                ) AS lying
                CROSS JOIN LATERAL (
                    SELECT chosen.is_sure
                    FROM conflict_selection AS chosen
                    WHERE chosen.selection = %(between)s AND chosen.feature_id = lying.id
                    OFFSET 0
                ) AS wanted
                WHERE lying.id <> concerned.subject_row
                OFFSET 0
            ) AS around
            WHERE ST_Intersects(around.geometry, concerned.geometry)
        ) AS standing
    ) AS built
),
judged AS MATERIALIZED (
    SELECT
        measured.*,
        layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        subject.lifecycle,
        subject.properties AS subject_properties,
        coalesce(zone_layer.slug, '') AS object_layer,
        coalesce(zone.stable_id, '') AS object_id,
        coalesce(zone.properties, '{}'::jsonb) AS object_properties,
        -- 1e-9: what is met exactly is met
        CASE
            WHEN %(bound)s = 'max' THEN measured.low > measured.asked * (1 + 1e-9)
            ELSE (measured.is_whole OR %(measure)s = 'setback')
                AND measured.high < measured.asked * (1 - 1e-9)
        END AS bites,
        CASE
            WHEN %(bound)s = 'max'
                THEN NOT measured.is_whole OR measured.high > measured.asked * (1 + 1e-9)
            WHEN %(measure)s = 'setback'
                THEN NOT measured.is_whole
                    OR measured.low < coalesce(measured.clear, measured.asked) * (1 - 1e-9)
            ELSE measured.low < coalesce(measured.clear, measured.asked) * (1 - 1e-9)
        END AS may_bite
    FROM measured
    JOIN conflict_ground AS subject ON subject.id = measured.subject_row
    JOIN layers_layer AS layer ON layer.id = subject.layer_id
    LEFT JOIN conflict_ground AS zone ON zone.id = measured.zone_row
    LEFT JOIN layers_layer AS zone_layer ON zone_layer.id = zone.layer_id
),
untold AS (
    INSERT INTO conflict_untold (rule_code, subject_row, subject_layer, subject_id, reason)
    SELECT DISTINCT ON (judged.subject_layer, judged.subject_id)
        %(rule_code)s, judged.subject_row, judged.subject_layer, judged.subject_id,
        CASE
            WHEN judged.lacks IS NOT NULL THEN judged.lacks
            WHEN NOT judged.is_whole THEN 'counted'
            WHEN %(measure)s = 'setback' THEN 'edge'
            ELSE 'areas'
        END
    FROM judged
    WHERE judged.may_bite AND NOT judged.bites
    ORDER BY judged.subject_layer, judged.subject_id, judged.object_layer, judged.object_id
    ON CONFLICT DO NOTHING
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, once.zone_row,
    once.subject_layer, once.subject_id, once.object_layer, once.object_id,
    %(severity)s,
    told.amount,
    once.asked,
    %(unit)s,
    CASE WHEN %(bound)s = 'max' THEN once.asked - told.amount ELSE told.amount - once.asked END,
    once.witness,
    jsonb_build_object(
        'share_in_zone', least(1, once.share),
        'counted', once.many,
        'is_whole', once.is_whole,
        'areas_differ', once.is_whole AND once.low <> once.high,
        'existing_nonconforming', once.lifecycle = 'existing'
    ),
    (
        {exempted.sql}
    )
FROM judged AS once
CROSS JOIN LATERAL (
    SELECT CASE WHEN %(bound)s = 'max' THEN once.low ELSE once.high END AS amount
) AS told
WHERE once.bites
ORDER BY once.subject_layer, once.subject_id, once.object_layer, once.object_id
