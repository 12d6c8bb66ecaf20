-- What ended since the last detection stands on the ground once more, as it stood then.
INSERT INTO conflict_ground (
    id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in, retired_in
)
SELECT
    changed.feature_id, changed.layer_id, changed.stable_id, changed.land_use_id,
    changed.lifecycle, changed.geometry, changed.properties, changed.introduced_in, NULL
FROM conflict_change AS changed
WHERE NOT changed.is_new
