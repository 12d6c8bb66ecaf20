-- What features the changed rows are: layer, theme, class and stage.
SELECT DISTINCT layer.slug, layer.theme, class.code, feature.lifecycle
FROM conflict_change AS changed
JOIN layers_feature AS feature
    ON feature.id = changed.feature_id AND feature.layer_id = changed.layer_id
JOIN layers_layer AS layer ON layer.id = changed.layer_id
LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
ORDER BY layer.slug, layer.theme, class.code, feature.lifecycle
