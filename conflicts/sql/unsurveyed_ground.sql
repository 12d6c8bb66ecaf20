-- How much ground all of these layers surveyed for the classes asked, how large the city is, how
-- much of it nobody looked at, and in which of its parts, the largest gap first. Without a boundary
-- of the city only the first is known. Strips narrower than least_width_m are noise of two
-- drawings of one border: too narrow for anything to stand in.
WITH ground AS MATERIALIZED (
    SELECT surveyed.geometry
    FROM unnest(%(layers)s::text[]) AS layer(slug)
    LEFT JOIN conflict_surveyed AS surveyed
        ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
),
frame AS MATERIALIZED (
    SELECT
        city.geometry AS city,
        coalesce(city.geometry, (SELECT ST_Union(ground.geometry) FROM ground)) AS geometry
    FROM conflict_city AS city
),
blind AS MATERIALIZED (  -- where at least one layer was not surveyed
    SELECT part.geom AS geometry, ST_Area(part.geom) AS area_m2
    FROM frame
    CROSS JOIN LATERAL (
        SELECT ST_Union(
            CASE
                WHEN ground.geometry IS NULL THEN frame.geometry
                ELSE ST_Difference(frame.geometry, ground.geometry)
            END
        ) AS geometry
        FROM ground
    ) AS lacking
    CROSS JOIN LATERAL ST_Dump(ST_CollectionExtract(lacking.geometry, 3)) AS part
    WHERE NOT ST_IsEmpty(ST_Buffer(part.geom, -%(least_width_m)s / 2.0))
),
finest AS (  -- sangkats rather than districts: the boundary layer with the most parts
    SELECT feature.layer_id
    FROM layers_feature AS feature
    JOIN layers_layer AS layer ON layer.id = feature.layer_id
    WHERE feature.retired_in IS NULL
      AND layer.slug = ANY(%(places)s)
      AND ST_Dimension(feature.geometry) = 2
    GROUP BY feature.layer_id, layer.slug
    ORDER BY count(*) DESC, layer.slug
    LIMIT 1
),
place AS MATERIALIZED (
    SELECT feature.id, sum(ST_Area(cut.geometry)) AS area_m2
    FROM finest
    JOIN layers_feature AS feature ON feature.layer_id = finest.layer_id
    JOIN blind ON ST_Intersects(feature.geometry, blind.geometry)
    CROSS JOIN LATERAL (
        SELECT ST_CollectionExtract(ST_Intersection(feature.geometry, blind.geometry), 3) AS geometry
    ) AS cut
    WHERE feature.retired_in IS NULL
      AND NOT ST_IsEmpty(ST_Buffer(cut.geometry, -%(least_width_m)s / 2.0))
    GROUP BY feature.id
)
SELECT
    coalesce(ST_Area(frame.geometry), 0) - coalesce((SELECT sum(area_m2) FROM blind), 0),
    ST_Area(frame.city),
    coalesce((SELECT sum(area_m2) FROM blind), 0),
    ARRAY(SELECT id FROM place ORDER BY area_m2 DESC, id),
    ARRAY(SELECT area_m2 FROM place ORDER BY area_m2 DESC, id)
FROM frame
