-- The layers with a complete survey that names one of these classes.
SELECT DISTINCT layer.slug
FROM layers_surveyedarea AS area
JOIN layers_layer AS layer ON layer.id = area.layer_id
WHERE area.completeness = 'complete' AND area.classes::text[] && %(asked)s::text[]
ORDER BY layer.slug
