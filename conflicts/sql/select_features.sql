-- The current features that one selector means. A condition that is false drops the feature;
-- one that is unknown (attribute missing or of another type) keeps it as "not sure"; so does a
-- point or line where only areas can be judged ("areas_only").
-- "only" narrows it to one feature, "near" to a box (west, south, east, north), "among" to the
-- features in conflict_near: a question about one proposal need not know the whole city.
-- Uses feature_current_class where classes are named, feature_current_layer_geometry for layers,
-- the GiST index of the current features for a box.
INSERT INTO conflict_selection (
    selection, feature_id, layer_slug, stable_id, is_sure, lacks_area
)
SELECT
    %(selection)s, feature.id, layer.slug, feature.stable_id,
    CASE WHEN NOT shape.lacks_area THEN condition.holds END,
    shape.lacks_area
FROM conflict_ground AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN %(where)s::jsonpath IS NULL THEN true
        ELSE jsonb_path_match(
            jsonb_strip_nulls(feature.properties), %(where)s::jsonpath, '{}', true
        )
    END AS holds
) AS condition
CROSS JOIN LATERAL (
    SELECT %(areas_only)s AND ST_Dimension(feature.geometry) < 2 AS lacks_area
) AS shape
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
  AND (%(only)s::bigint IS NULL OR feature.id = %(only)s)
  AND (
      %(near)s::double precision[] IS NULL
      OR feature.geometry && ST_MakeEnvelope(
          (%(near)s::double precision[])[1], (%(near)s::double precision[])[2],
          (%(near)s::double precision[])[3], (%(near)s::double precision[])[4], %(srid)s
      )
  )
  AND (%(among)s <> 'near' OR feature.id IN (SELECT near.feature_id FROM conflict_near AS near))
  AND condition.holds IS DISTINCT FROM false
ORDER BY feature.id
