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
finest AS MATERIALIZED (  -- sangkats rather than districts: the boundary layer with the most parts
    SELECT layer.id
    FROM layers_layer AS layer
    CROSS JOIN LATERAL (  -- each layer asks its own features, not the city's all
        SELECT count(*) AS parts
        FROM layers_feature AS feature
        WHERE feature.layer_id = layer.id
          AND feature.retired_in IS NULL
          AND ST_Dimension(feature.geometry) = 2
        OFFSET 0
    ) AS held
    WHERE layer.slug = ANY(%(places)s) AND held.parts > 0
    ORDER BY held.parts DESC, layer.slug
    LIMIT 1
),
place AS MATERIALIZED (
    SELECT feature.id, sum(ST_Area(cut.geometry)) AS area_m2
    FROM finest
    CROSS JOIN LATERAL (
        SELECT current.id, current.geometry
        FROM layers_feature AS current
        WHERE current.layer_id = finest.id AND current.retired_in IS NULL
        OFFSET 0
    ) AS feature
    JOIN blind ON ST_Intersects(feature.geometry, blind.geometry)
    CROSS JOIN LATERAL (
        SELECT ST_CollectionExtract(ST_Intersection(feature.geometry, blind.geometry), 3) AS geometry
    ) AS cut
    WHERE NOT ST_IsEmpty(ST_Buffer(cut.geometry, -%(least_width_m)s / 2.0))
    GROUP BY feature.id
)
SELECT
    coalesce(ST_Area(frame.geometry), 0) - coalesce((SELECT sum(area_m2) FROM blind), 0),
    ST_Area(frame.city),
    coalesce((SELECT sum(area_m2) FROM blind), 0),
    ARRAY(SELECT id FROM place ORDER BY area_m2 DESC, id),
    ARRAY(SELECT area_m2 FROM place ORDER BY area_m2 DESC, id)
FROM frame
