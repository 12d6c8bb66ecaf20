-- Every layer as it stands: its published version and a text that changes with every statement about
-- where it was surveyed (xmin and cmin change whenever a row is written).
SELECT
    layer.id AS number,
    layer.slug,
    layer.theme,
    layer.visibility,
    coalesce(version.id, 0) AS version,
    coalesce(layer.published_number, 0) AS published_number,
    coalesce((
        SELECT string_agg(concat_ws(' ', area.id, area.xmin, area.cmin), ',' ORDER BY area.id)
        FROM layers_surveyedarea AS area
        WHERE area.layer_id = layer.id
    ), '') AS surveys
FROM layers_layer AS layer
LEFT JOIN layers_layerversion AS version
    ON version.layer_id = layer.id AND version.number = layer.published_number
ORDER BY layer.id
