-- The classes and lifecycles that a layer holds now.
SELECT DISTINCT feature.land_use_id, feature.lifecycle
FROM layers_feature AS feature
WHERE feature.layer_id = %(layer)s AND feature.retired_in IS NULL
