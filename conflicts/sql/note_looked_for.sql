-- Notes once per detection what the complete surveys of these layers looked for.
INSERT INTO conflict_looked_for (layer_slug, is_surveyed, codes)
SELECT
    layer.slug,
    EXISTS (
        SELECT 1 FROM layers_surveyedarea AS area
        WHERE area.layer_id = layer.id AND area.completeness = 'complete'
    ),
    ARRAY(SELECT DISTINCT looked.code FROM krong_classes_looked_for(layer.id) AS looked)
FROM layers_layer AS layer
WHERE layer.slug = ANY(%(layers)s)
  AND layer.slug NOT IN (SELECT before.layer_slug FROM conflict_looked_for AS before)
