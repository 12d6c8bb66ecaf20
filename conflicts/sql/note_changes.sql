-- The rows of one layer that ended or began after the version seen last: what began and ended in
-- between was never seen. Uses feature_introduced and feature_retired, or those of the layer's table.
INSERT INTO conflict_change (
    feature_id, layer_id, layer_slug, stable_id, is_new, land_use_id, lifecycle, geometry,
    properties, introduced_in
)
SELECT
    feature.id, feature.layer_id, %(slug)s, feature.stable_id, feature.is_new, feature.land_use_id,
    feature.lifecycle, feature.geometry, feature.properties, feature.introduced_in
FROM (
    SELECT began.*, true AS is_new
    FROM layers_feature AS began
    WHERE began.layer_id = %(layer)s
      AND began.introduced_in > %(since)s
      AND began.retired_in IS NULL
    UNION ALL
    SELECT ended.*, false
    FROM layers_feature AS ended
    WHERE ended.layer_id = %(layer)s
      AND ended.retired_in > %(since)s
      AND ended.introduced_in <= %(since)s
) AS feature
