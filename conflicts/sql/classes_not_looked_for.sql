-- Per layer: those of the classes asked that no complete survey looked for, the highest of each
-- branch. A layer that nobody surveyed at all counts only with "also_unsurveyed".
WITH surveyed AS (
    SELECT layer.id, layer.slug
    FROM layers_layer AS layer
    WHERE layer.slug = ANY(%(layers)s)
      AND (%(also_unsurveyed)s OR EXISTS (
          SELECT 1 FROM layers_surveyedarea AS area
          WHERE area.layer_id = layer.id AND area.completeness = 'complete'
      ))
),
lacking AS MATERIALIZED (
    SELECT surveyed.slug, class.id, class.parent_id, class.code
    FROM surveyed
    JOIN layers_landuseclass AS class ON class.code = ANY(%(asked)s)
    WHERE class.code NOT IN (
        SELECT looked.code FROM krong_classes_looked_for(surveyed.id) AS looked
    )
)
SELECT lacking.slug, array_agg(lacking.code ORDER BY lacking.code)
FROM lacking
WHERE NOT EXISTS (
    SELECT 1 FROM lacking AS above
    WHERE above.slug = lacking.slug AND above.id = lacking.parent_id
)
GROUP BY lacking.slug
ORDER BY lacking.slug
