-- The current features of the ground by what a selector without a condition tells them apart by: how
-- many, how many of them drawn as areas, and the box around them. One pass over all features.
SELECT
    layer.id, layer.slug, layer.theme, class.id, class.code, held.lifecycle,
    held.features, held.areas,
    ST_XMin(held.extent), ST_YMin(held.extent), ST_XMax(held.extent), ST_YMax(held.extent)
FROM (
    SELECT
        feature.layer_id, feature.land_use_id, feature.lifecycle,
        count(*) AS features,
        count(*) FILTER (WHERE ST_Dimension(feature.geometry) = 2) AS areas,
        ST_Extent(feature.geometry) AS extent
    FROM conflict_ground AS feature
    WHERE feature.retired_in IS NULL
    GROUP BY feature.layer_id, feature.land_use_id, feature.lifecycle
) AS held
JOIN layers_layer AS layer ON layer.id = held.layer_id
LEFT JOIN layers_landuseclass AS class ON class.id = held.land_use_id
ORDER BY layer.slug, class.code, held.lifecycle
