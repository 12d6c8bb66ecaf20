-- The first features of a selection by likeness by name, of one layer or of all.
SELECT feature.stable_id
FROM conflict_meant AS meant
JOIN layers_layer AS layer ON layer.id = meant.layer_id
JOIN conflict_ground AS feature
    ON feature.layer_id = meant.layer_id
    AND feature.lifecycle = meant.lifecycle
    AND coalesce(feature.land_use_id, 0) = meant.land_use_id
WHERE meant.selection = %(subject)s
  AND feature.retired_in IS NULL
  AND (%(own_layer)s::text IS NULL OR layer.slug = %(own_layer)s)
ORDER BY feature.stable_id COLLATE "C"
LIMIT %(examples)s
