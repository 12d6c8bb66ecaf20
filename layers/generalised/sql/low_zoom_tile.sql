-- One square of a large layer at a low zoom, from what was made for it: shapes large enough to be
-- seen, and cells that stand for the many that are not.
-- Uses generalised_part_place (layer, zoom, geometry) and generalised_cell_tile (layer, zoom, tile).
WITH seen AS (
    SELECT feature_row, geometry
    FROM layers_generalisedpart
    WHERE layer_id = %(layer_id)s
      AND zoom = %(level)s
      AND introduced_in <= %(version)s
      AND (retired_in IS NULL OR retired_in > %(version)s)
      AND geometry && ST_TileEnvelope(
          %(z)s, %(x)s, %(y)s, margin => %(margin)s::float8 / %(grid)s)
),
described AS (
    SELECT
        seen.geometry,
        -- lines from afar: one shape for each class, no single names
        CASE WHEN %(joins_lines)s AND ST_Dimension(seen.geometry) = 1 THEN NULL
            ELSE feature.id END AS id,
        CASE WHEN %(joins_lines)s AND ST_Dimension(seen.geometry) = 1 THEN NULL
            ELSE feature.stable_id END AS stable_id,
        CASE WHEN %(joins_lines)s AND ST_Dimension(seen.geometry) = 1 THEN NULL
            ELSE feature.properties END AS properties,
        feature.properties ->> %(colour_property)s AS colour_value,
        feature.land_use_id
    FROM seen
    JOIN layers_feature AS feature
      ON feature.layer_id = %(layer_id)s AND feature.id = seen.feature_row
),
shapes AS (
    SELECT
        described.id,
        ST_AsMVTGeom(
            ST_Collect(geometry), ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, %(margin)s, true
        ) AS shape,
        stable_id,
        class.code AS class,
        properties ->> %(name_km)s AS name_km,
        properties ->> %(name_en)s AS name_en,
        properties ->> %(name)s AS name,
        NULL::bigint AS generalised,
        colour_value
    FROM described
    LEFT JOIN layers_landuseclass AS class ON class.id = described.land_use_id
    GROUP BY described.id, stable_id, class.code, properties, colour_value
),
counted AS (
    SELECT
        "column", "row", land_use_row, colour_value, part_count,
        row_number() OVER (
            PARTITION BY "column", "row" ORDER BY area_dm2 DESC, part_count DESC, land_use_row,
            colour_value COLLATE "C"
        ) AS place,
        sum(part_count) OVER (PARTITION BY "column", "row") AS together
    FROM layers_generalisedcell
    WHERE layer_id = %(layer_id)s
      AND zoom = %(level)s
      AND "column" >> 7 BETWEEN %(x)s << %(deeper)s AND ((%(x)s + 1) << %(deeper)s) - 1
      AND "row" >> 7 BETWEEN %(y)s << %(deeper)s AND ((%(y)s + 1) << %(deeper)s) - 1
      AND introduced_in <= %(version)s
      AND (retired_in IS NULL OR retired_in > %(version)s)
),
chosen AS (  -- of what is not dangerous the larger part colours the cell
    SELECT "column", "row", land_use_row, colour_value,
        CASE WHEN %(keeps_everything)s THEN part_count ELSE together END AS parts,
        CASE WHEN %(kind)s = 'point' THEN "column" ELSE "column" - row_number() OVER (
            PARTITION BY land_use_row, colour_value COLLATE "C", "row" ORDER BY "column"
        ) END AS run
    FROM counted
    WHERE %(keeps_everything)s OR place = 1
),
stripes AS (  -- cells side by side are one stripe: a third of the bytes
    SELECT
        land_use_row, colour_value,
        (min("column") - (%(x)s << (%(deeper)s + 7))) * %(cell)s::float8 AS west,
        (max("column") - (%(x)s << (%(deeper)s + 7))) * %(cell)s::float8 + %(shown)s::float8 AS east,
        ("row" - (%(y)s << (%(deeper)s + 7))) * %(cell)s::float8 AS north,
        sum(parts) AS parts
    FROM chosen
    GROUP BY land_use_row, colour_value, "row", run
),
cells AS (
    SELECT
        NULL::bigint AS id,
        CASE %(kind)s
            WHEN 'point' THEN ST_Collect(ST_MakePoint(round((west + east) / 2),
                north + round(%(shown)s::float8 / 2)))
            WHEN 'line' THEN ST_Collect(ST_MakeLine(
                ST_MakePoint(west, north + round(%(shown)s::float8 / 2)),
                ST_MakePoint(east, north + round(%(shown)s::float8 / 2))))
            ELSE ST_Collect(ST_ForcePolygonCCW(
                ST_MakeEnvelope(west, north, east, north + %(shown)s::float8)))
        END AS shape,
        NULL::text AS stable_id,
        class.code AS class,
        NULL::text AS name_km,
        NULL::text AS name_en,
        NULL::text AS name,
        sum(parts)::bigint AS generalised,
        nullif(colour_value, '') AS colour_value
    FROM stripes
    LEFT JOIN layers_landuseclass AS class ON class.id = stripes.land_use_row
    GROUP BY class.code, colour_value
),
drawn AS (
    SELECT id, shape, stable_id, class, name_km, name_en, name, generalised,
        CASE WHEN %(colour_property)s <> '' AND colour_value IS NOT NULL
            THEN jsonb_build_object(%(colour_property)s::text, colour_value) END AS colours
    FROM (SELECT * FROM cells UNION ALL SELECT * FROM shapes) AS every
    WHERE shape IS NOT NULL
    ORDER BY generalised IS NULL, colour_value, stable_id, class
),
named AS (
    SELECT drawn.id, ST_AsMVTGeom(
            middle.point, ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, 0, true
        ) AS shape,
        drawn.stable_id, drawn.class, drawn.name_km, drawn.name_en, drawn.name
    FROM drawn
    JOIN layers_feature AS feature
      ON feature.layer_id = %(layer_id)s AND feature.id = drawn.id
    CROSS JOIN LATERAL (
        SELECT ST_Transform(ST_PointOnSurface(feature.geometry), 3857) AS point
    ) AS middle
    WHERE %(has_label)s
      AND coalesce(drawn.name_km, drawn.name_en, drawn.name) IS NOT NULL
      AND middle.point && ST_TileEnvelope(%(z)s, %(x)s, %(y)s)
)
SELECT
    (SELECT ST_AsMVT(drawn, %(slug)s, %(grid)s, 'shape', 'id') FROM drawn)
    || (SELECT ST_AsMVT(named, %(slug)s || '-label', %(grid)s, 'shape', 'id') FROM named
        WHERE shape IS NOT NULL)
-- no row where it is not made for this version: the question and the tile are of one moment
WHERE EXISTS (
    SELECT 1 FROM layers_generalisedlayer
    WHERE layer_id = %(layer_id)s
      AND recipe = %(recipe)s
      AND %(version)s BETWEEN first_number AND last_number
)
