-- The changed rows in groups that selectors cannot tell apart but by attributes and shapes: how many,
-- which (by name, of small groups), the box around them, and whether one is a point or a line.
SELECT
    changed.layer_id, changed.layer_slug, layer.theme, changed.land_use_id, class.code,
    changed.lifecycle, changed.is_new,
    count(*),
    CASE WHEN count(*) <= %(names)s THEN array_agg(changed.stable_id ORDER BY changed.stable_id COLLATE "C") END,
    bool_or(ST_Dimension(changed.geometry) < 2),
    ARRAY[
        min(ST_XMin(changed.geometry)), min(ST_YMin(changed.geometry)),
        max(ST_XMax(changed.geometry)), max(ST_YMax(changed.geometry))
    ]
FROM conflict_change AS changed
JOIN layers_layer AS layer ON layer.id = changed.layer_id
LEFT JOIN layers_landuseclass AS class ON class.id = changed.land_use_id
GROUP BY
    changed.layer_id, changed.layer_slug, layer.theme, changed.land_use_id, class.code,
    changed.lifecycle, changed.is_new
ORDER BY
    changed.layer_id, changed.land_use_id, changed.lifecycle, changed.is_new
