-- Puts rows of the ground into selections.
INSERT INTO conflict_selection (selection, feature_id, layer_slug, stable_id, is_sure, lacks_area)
SELECT given.selection, feature.id, layer.slug, feature.stable_id, given.is_sure, given.lacks_area
FROM ROWS FROM (
    unnest(%(selections)s::integer[]), unnest(%(features)s::bigint[]),
    unnest(%(sure)s::boolean[]), unnest(%(lacking)s::boolean[])
) AS given(selection, feature_id, is_sure, lacks_area)
JOIN conflict_ground AS feature ON feature.id = given.feature_id
JOIN layers_layer AS layer ON layer.id = feature.layer_id
