-- The current features that one selector means. A condition that is false drops the feature;
-- one that is unknown (attribute missing or of another type) keeps it as "not sure".
-- Uses feature_current_class where classes are named, feature_current_layer_geometry for layers.
INSERT INTO conflict_selection (selection, feature_id, layer_slug, stable_id, is_sure)
SELECT %(selection)s, feature.id, layer.slug, feature.stable_id, condition.holds
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN %(where)s::jsonpath IS NULL THEN true
        ELSE jsonb_path_match(
            jsonb_strip_nulls(feature.properties), %(where)s::jsonpath, '{}', true
        )
    END AS holds
) AS condition
WHERE feature.retired_in IS NULL
  AND (%(layers)s::text[] IS NULL OR layer.slug = ANY(%(layers)s))
  AND layer.slug <> ALL(%(except_layers)s::text[])
  AND (%(theme)s = '' OR layer.theme = %(theme)s)
  AND feature.lifecycle = ANY(%(lifecycles)s)
  AND (
      %(classes)s::text[] IS NULL
      OR feature.land_use_id IN (
          SELECT class.id FROM layers_landuseclass AS class WHERE class.code = ANY(%(classes)s)
      )
  )
  AND condition.holds IS DISTINCT FROM false
ORDER BY feature.id
