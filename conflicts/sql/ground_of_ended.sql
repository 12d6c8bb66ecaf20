-- The ground is what ended since the last detection, as it stood then.
TRUNCATE conflict_ground;

INSERT INTO conflict_ground (
    id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in, retired_in
)
SELECT
    feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
    feature.geometry, feature.properties, feature.introduced_in, NULL
FROM conflict_change AS changed
JOIN layers_feature AS feature
    ON feature.id = changed.feature_id AND feature.layer_id = changed.layer_id
WHERE NOT changed.is_new
