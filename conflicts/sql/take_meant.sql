-- Of the features "around" selects those that a selector means and takes them onto the ground: a
-- part of other questions.
meant AS MATERIALIZED (
    SELECT
        feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
        feature.geometry, feature.properties, feature.introduced_in,
        layer.slug, condition.holds, shape.lacks_area
    FROM around
    JOIN layers_feature AS feature
        ON feature.id = around.id AND feature.layer_id = around.layer_id
    JOIN layers_layer AS layer ON layer.id = feature.layer_id
{condition.sql}
    WHERE
{meant.sql}
      AND condition.holds IS DISTINCT FROM false
),
grown AS (
    INSERT INTO conflict_ground (
        id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties,
        introduced_in, retired_in
    )
    SELECT
        meant.id, meant.layer_id, meant.stable_id, meant.land_use_id, meant.lifecycle,
        meant.geometry, meant.properties, meant.introduced_in, NULL
    FROM meant
    ON CONFLICT (id) DO NOTHING
)
INSERT INTO conflict_selection (
    selection, feature_id, layer_slug, stable_id, is_sure, lacks_area
)
SELECT
    %(selection)s, meant.id, meant.slug, meant.stable_id,
    CASE WHEN NOT meant.lacks_area THEN meant.holds END,
    meant.lacks_area
FROM meant
