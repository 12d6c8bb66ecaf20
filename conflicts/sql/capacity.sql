-- Areas (subjects) whose services (objects) have less room than those who need them ("between") ask
-- for. One hit per area, without an object.
--
-- Who needs them is in the area in which its middle lies; so is a service, but of ground counts what
-- lies within. What lies on the border of areas of one layer belongs to the first of them alone; a
-- service in ground that two of them share as well, so that its room is never promised twice. An area has surely too little where all its services are known, with what each
-- states, and even those surely known ask for more. It has surely enough where what is known
-- suffices and nobody can be missing. Else it is put into conflict_untold.
{survey_ground.sql};

WITH area AS MATERIALIZED (
    SELECT subject.id, subject.geometry
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS subject ON subject.id = chosen.feature_id
    WHERE chosen.selection = %(subject)s AND chosen.is_sure
),
part AS MATERIALIZED (
    SELECT area.id AS subject_row, piece.geometry
    FROM area
    CROSS JOIN LATERAL ST_Subdivide(area.geometry, 128) AS piece(geometry)
),
around AS MATERIALIZED (
    SELECT part.subject_row, part.geometry AS ground, near.*
    FROM part
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.geometry, feature.properties
        FROM conflict_ground AS feature
        WHERE feature.retired_in IS NULL AND feature.geometry && part.geometry
        OFFSET 0
    ) AS near
),
chosen_around AS MATERIALIZED (
    SELECT around.*, chosen.selection, chosen.is_sure
    FROM around
    CROSS JOIN LATERAL (
        SELECT known.selection, known.is_sure
        FROM conflict_selection AS known
        WHERE known.feature_id = around.id
          AND known.selection IN (%(object)s, %(between)s)
        OFFSET 0
    ) AS chosen
),
within AS MATERIALIZED (  -- in the areas in which its middle lies
    SELECT DISTINCT ON (found.subject_row, found.selection, found.id)
        found.subject_row, found.selection, found.id, found.is_sure,
        ST_PointOnSurface(found.geometry) AS middle,
        CASE
            WHEN asked.attribute = '' THEN 1.0
            WHEN jsonb_typeof(found.properties -> asked.attribute) = 'number'
             AND (found.properties ->> asked.attribute)::double precision >= 0
                THEN (found.properties ->> asked.attribute)::double precision
        END AS stated
    FROM chosen_around AS found
    CROSS JOIN LATERAL (
        SELECT CASE WHEN found.selection = %(between)s
            THEN %(demand_attribute)s::text ELSE %(supply_attribute)s::text END AS attribute
    ) AS asked
    WHERE ST_Intersects(found.ground, ST_PointOnSurface(found.geometry))
    ORDER BY found.subject_row, found.selection, found.id
),
shared AS MATERIALIZED (
    SELECT within.subject_row, within.selection, within.id, subject.stable_id, subject.layer_id,
        ST_Touches(within.middle, subject.geometry) AS is_on_border
    FROM within
    JOIN (
        SELECT selection, id FROM within GROUP BY selection, id HAVING count(*) > 1
    ) AS several USING (selection, id)
    JOIN conflict_ground AS subject ON subject.id = within.subject_row
),
elsewhere AS MATERIALIZED (  -- another area of the layer has it
    SELECT ranked.subject_row, ranked.selection, ranked.id
    FROM (
        SELECT shared.*, row_number() OVER (
            PARTITION BY shared.layer_id, shared.selection, shared.id
            ORDER BY shared.is_on_border, shared.stable_id, shared.subject_row
        ) AS place
        FROM shared
    ) AS ranked
    WHERE ranked.place > 1 AND (ranked.is_on_border OR ranked.selection = %(object)s)
),
inside AS MATERIALIZED (
    SELECT within.*
    FROM within
    LEFT JOIN elsewhere USING (subject_row, selection, id)
    WHERE elsewhere.id IS NULL
),
covered AS MATERIALIZED (  -- ground that two services share is counted once
    SELECT
        found.subject_row,
        ST_Area(ST_Union(ST_Intersection(found.geometry, found.ground))
            FILTER (WHERE found.is_sure)) AS area_m2,
        bool_or(found.is_sure IS NULL OR ST_Dimension(found.geometry) < 2) AS is_unsure
    FROM chosen_around AS found
    WHERE %(supply)s = 'area'
      AND found.selection = %(object)s
      AND ST_Intersects(found.geometry, found.ground)
    GROUP BY found.subject_row, found.ground
),
looked_at AS MATERIALIZED (
    SELECT side.name, krong_surveyed_ground(known.id, side.asked) AS geometry
    FROM (
        VALUES
            ('object', %(layers)s::text[], %(asked)s::text[]),
            ('between', %(between_layers)s::text[], %(between_classes)s::text[])
    ) AS side(name, layers, asked)
    CROSS JOIN LATERAL unnest(side.layers) AS layer(slug)
    LEFT JOIN layers_layer AS known ON known.slug = layer.slug
),
seen AS MATERIALIZED (
    SELECT area.id AS subject_row, side.name, bool_and(
        looked_at.geometry IS NOT NULL
        AND ST_IsEmpty(ST_Buffer(
            ST_Difference(area.geometry, looked_at.geometry), -%(least_width_m)s / 2.0
        ))
    ) AS is_whole
    FROM area
    CROSS JOIN (VALUES ('object'), ('between')) AS side(name)
    LEFT JOIN looked_at ON looked_at.name = side.name
    GROUP BY area.id, side.name
),
summed AS MATERIALIZED (
    SELECT
        area.id AS subject_row,
        ST_PointOnSurface(area.geometry) AS geometry,
        coalesce(need.people, 0.0) * %(required_each)s AS required,
        coalesce(need.people, 0.0) AS people,
        CASE %(supply)s
            WHEN 'area' THEN coalesce(land.area_m2, 0.0) ELSE coalesce(have.stated, 0.0)
        END AS supplied,
        coalesce(have.number, 0) AS services,
        needs.is_whole AND NOT coalesce(need.is_unsure, FALSE) AS needs_are_known,
        haves.is_whole AND NOT coalesce(
            CASE %(supply)s WHEN 'area' THEN land.is_unsure ELSE have.is_unsure END, FALSE
        ) AS services_are_known
    FROM area
    JOIN seen AS needs ON needs.subject_row = area.id AND needs.name = 'between'
    JOIN seen AS haves ON haves.subject_row = area.id AND haves.name = 'object'
    CROSS JOIN LATERAL (
        SELECT
            sum(inside.stated * %(people_each)s) FILTER (WHERE inside.is_sure) AS people,
            bool_or(inside.is_sure IS NULL OR inside.stated IS NULL) AS is_unsure
        FROM inside
        WHERE inside.subject_row = area.id AND inside.selection = %(between)s
    ) AS need
    CROSS JOIN LATERAL (
        SELECT
            sum(inside.stated) FILTER (WHERE inside.is_sure) AS stated,
            count(*) FILTER (WHERE inside.is_sure) AS number,
            bool_or(inside.is_sure IS NULL OR inside.stated IS NULL) AS is_unsure
        FROM inside
        WHERE inside.subject_row = area.id AND inside.selection = %(object)s
    ) AS have
    CROSS JOIN LATERAL (
        SELECT sum(covered.area_m2) AS area_m2, bool_or(covered.is_unsure) AS is_unsure
        FROM covered WHERE covered.subject_row = area.id
    ) AS land
),
untold AS (
    INSERT INTO conflict_untold (rule_code, subject_row, subject_layer, subject_id, reason)
    SELECT %(rule_code)s, summed.subject_row, layer.slug, subject.stable_id, why.reason
    FROM summed
    JOIN conflict_ground AS subject ON subject.id = summed.subject_row
    JOIN layers_layer AS layer ON layer.id = subject.layer_id
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN summed.supplied < summed.required - %(exact)s
                THEN CASE WHEN NOT coalesce(summed.services_are_known, FALSE) THEN 'room' END
            WHEN NOT coalesce(summed.needs_are_known, FALSE) THEN 'need'
        END AS reason
    ) AS why
    WHERE why.reason IS NOT NULL
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
    WHERE summed.supplied < summed.required - %(exact)s AND summed.services_are_known
)
INSERT INTO conflict_hit
SELECT
    %(rule_code)s, once.subject_row, NULL,
    once.subject_layer, once.subject_id, '', '',
    %(severity)s, once.supplied, once.required, %(unit)s, once.supplied - once.required,
    once.geometry,
    jsonb_build_object(
        'people', once.people,
        'services', once.services,
        'at_least', NOT coalesce(once.needs_are_known, FALSE)
    ),
    (
        {exempted.sql}
    )
FROM once
ORDER BY once.subject_layer, once.subject_id
