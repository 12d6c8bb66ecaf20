-- What lies on a site: every feature of the asked layers, each in the asked version, that shares
-- area with it (or length, or points), with the part inside. Touching alone is no hit.
-- Both branches use the partial GiST indexes on (layer_id, geometry): current rows, then past ones.
WITH site AS (
    SELECT ST_GeomFromWKB(%(site)s, %(srid)s) AS geometry
),
asked AS (
    SELECT layer_id, number
    FROM unnest(%(layer_ids)s::bigint[], %(numbers)s::integer[]) AS pair (layer_id, number)
),
standing AS (
    SELECT feature.*, asked.number
    FROM asked
    JOIN layers_feature AS feature
      ON feature.layer_id = asked.layer_id
     AND feature.retired_in IS NULL
     AND feature.introduced_in <= asked.number
    JOIN site ON ST_Intersects(feature.geometry, site.geometry)
    UNION ALL
    SELECT feature.*, asked.number
    FROM asked
    JOIN layers_feature AS feature
      ON feature.layer_id = asked.layer_id
     AND feature.retired_in IS NOT NULL
     AND feature.retired_in > asked.number
     AND feature.introduced_in <= asked.number
    JOIN site ON ST_Intersects(feature.geometry, site.geometry)
),
cut AS MATERIALIZED (  -- materialized: cut each pair once, not once per mention
    SELECT
        standing.*,
        ST_Dimension(standing.geometry) AS dimension,
        ST_CollectionExtract(
            ST_Intersection(standing.geometry, site.geometry),
            ST_Dimension(standing.geometry) + 1
        ) AS inside
    FROM standing
    CROSS JOIN site
)
SELECT
    cut.layer_id,
    cut.number,
    cut.stable_id,
    coalesce(class.code, '') AS class_code,
    coalesce(class.name_km, '') AS class_name_km,
    coalesce(class.name_en, '') AS class_name_en,
    cut.lifecycle,
    cut.properties::text AS properties,
    cut.dimension,
    ST_Area(cut.inside) AS area_m2,
    ST_Length(cut.inside) AS length_m,
    ST_AsBinary(cut.inside) AS inside
FROM cut
LEFT JOIN layers_landuseclass AS class ON class.id = cut.land_use_id
WHERE NOT ST_IsEmpty(cut.inside)
ORDER BY cut.layer_id, cut.number, area_m2 DESC, length_m DESC, cut.stable_id
