-- The current features that one selector means. A condition that is false drops the feature;
-- one that is unknown (attribute missing or of another type) keeps it as "not sure"; so does a
-- point or line where only areas can be judged ("areas_only").
-- "only" narrows it to one feature, "near" to a box (west, south, east, north), "among" to the
-- features in conflict_near: a question about one proposal need not know the whole city.
-- "in_layers" and "of_classes" say where such features are known to stand, if that is known.
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
{condition.sql}
WHERE
{meant.sql}
  AND (%(in_layers)s::bigint[] IS NULL OR feature.layer_id = ANY(%(in_layers)s::bigint[]))
  AND (%(of_classes)s::bigint[] IS NULL OR feature.land_use_id = ANY(%(of_classes)s::bigint[]))
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
