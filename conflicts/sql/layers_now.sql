-- Every layer with its published version and a text that changes with every statement about where
-- it was surveyed: xmin and cmin change whenever a row is written.
SELECT
    layer.id,
    layer.slug,
    layer.theme,
    coalesce(layer.published_number, 0),
    coalesce((
        SELECT string_agg(concat_ws(' ', area.id, area.xmin, area.cmin), ',' ORDER BY area.id)
        FROM layers_surveyedarea AS area
        WHERE area.layer_id = layer.id
    ), '')
FROM layers_layer AS layer
ORDER BY layer.id
