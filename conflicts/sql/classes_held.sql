-- Which classes each layer holds or has held, and how many features of each it holds now.
SELECT
    feature.layer_id,
    feature.land_use_id,
    count(*) FILTER (WHERE feature.retired_in IS NULL)
FROM layers_feature AS feature
GROUP BY feature.layer_id, feature.land_use_id
ORDER BY feature.layer_id, feature.land_use_id
