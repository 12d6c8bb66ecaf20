-- One square of a layer as it stood in one version, as a Mapbox vector tile.
SELECT ST_AsMVT(drawn, %(slug)s, %(grid)s, 'shape', 'id')
FROM (
    SELECT
        shaped.id, shaped.shape, shaped.stable_id, class.code AS class,
        shaped.name_km, shaped.name_en, shaped.name, shaped.colours
    FROM (
{shapes}
    ) AS shaped
    LEFT JOIN layers_landuseclass AS class ON class.id = shaped.land_use_id
    WHERE shaped.shape IS NOT NULL
    ORDER BY
        -- what was widened to a pixel never hides a worse class: H4 lies over H1
        CASE WHEN %(keeps_everything)s THEN shaped.colours ->> %(colour_property)s END,
        shaped.stable_id COLLATE "C"
) AS drawn
