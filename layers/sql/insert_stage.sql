-- Open the new rows: what the stage adds or changes.
INSERT INTO layers_feature
    (layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in)
SELECT
    %(layer_id)s, stage.stable_id, class.id, stage.lifecycle, stage.geometry,
    stage.properties, %(number)s
FROM layer_stage AS stage
LEFT JOIN layers_landuseclass AS class ON class.code = stage.land_use
WHERE stage.is_new
ORDER BY stage.geometry
