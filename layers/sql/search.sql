-- Published features whose text holds every word of a search, the likeliest first.
-- krong_search_text is what the trigram index feature_current_text stores.
WITH found AS MATERIALIZED (
    SELECT
        layer.slug,
        feature.stable_id,
        feature.properties,
        feature.land_use_id,
        feature.geometry,
        krong_search_text(feature.stable_id, feature.properties) AS text,
        krong_search_text(layer.slug, jsonb_build_object(
            'title_km', layer.title_km, 'title_en', layer.title_en
        )) AS layer_text
    FROM layers_feature AS feature
    JOIN layers_layer AS layer ON layer.id = feature.layer_id
    LEFT JOIN layers_layerversion AS version
        ON version.layer_id = layer.id AND version.number = layer.published_number
    WHERE feature.retired_in IS NULL
      AND feature.layer_id = ANY(%(layer_ids)s)
      AND (%(most_features)s::bigint IS NULL OR version.feature_count <= %(most_features)s)
      AND krong_search_text(feature.stable_id, feature.properties) LIKE %(like)s
      AND krong_search_text(feature.stable_id, feature.properties) ~ ALL(%(patterns)s)
)
SELECT
    found.slug, found.stable_id, found.properties, class.code,
    ST_XMin(found.geometry), ST_YMin(found.geometry),
    ST_XMax(found.geometry), ST_YMax(found.geometry)
FROM found
LEFT JOIN layers_landuseclass AS class ON class.id = found.land_use_id
ORDER BY
    -- the layer or the feature says it is of the kind that was asked for
    (found.layer_text LIKE ANY(%(kinds)s) OR found.text LIKE ANY(%(kinds)s)) DESC,
    position('|' || %(whole)s || '|' IN found.text) > 0 DESC,
    found.stable_id = %(whole)s DESC,
    -- a sangkat before the villages that carry its code
    ST_Dimension(found.geometry) = 2 DESC,
    length(found.text), found.slug, found.stable_id
LIMIT %(limit)s
