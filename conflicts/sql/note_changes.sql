-- The rows that ended or began in these layers after the versions seen last: what began and ended in
-- between was never seen. Uses feature_introduced and feature_retired of the layers alone.
INSERT INTO conflict_change (feature_id, layer_id, layer_slug, stable_id, is_new)
SELECT feature.id, layer.id, layer.slug, feature.stable_id, feature.is_new
FROM unnest(%(layers)s::bigint[], %(since)s::integer[]) AS seen(layer_id, number)
JOIN layers_layer AS layer ON layer.id = seen.layer_id
CROSS JOIN LATERAL (
    SELECT began.id, began.stable_id, true AS is_new
    FROM layers_feature AS began
    WHERE began.layer_id = seen.layer_id
      AND began.introduced_in > seen.number
      AND began.retired_in IS NULL
    UNION ALL
    SELECT ended.id, ended.stable_id, false
    FROM layers_feature AS ended
    WHERE ended.layer_id = seen.layer_id
      AND ended.retired_in > seen.number
      AND ended.introduced_in <= seen.number
) AS feature
