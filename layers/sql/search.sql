-- Published features whose text holds every word of a search, the likeliest first.
-- krong_search_text is what the trigram indexes store: over all features of the common table, and
-- over those with a name or number of their own in the table of a large layer. The others of a
-- large layer are found by the beginning of their identifier.
WITH candidate AS (
    SELECT feature.*
    FROM layers_feature AS feature
    JOIN layers_layer AS layer ON layer.id = feature.layer_id
    LEFT JOIN layers_layerversion AS version
        ON version.layer_id = layer.id AND version.number = layer.published_number
    WHERE feature.retired_in IS NULL
      AND feature.layer_id = ANY(%(layer_ids)s::bigint[])
      AND (%(most_features)s::bigint IS NULL OR version.feature_count <= %(most_features)s)
      AND krong_search_text(feature.stable_id, feature.properties) LIKE %(like)s
    UNION ALL
    SELECT feature.*
    FROM layers_feature AS feature
    WHERE feature.retired_in IS NULL
      AND feature.layer_id = ANY(%(large_layer_ids)s::bigint[])
      AND feature.properties ?| krong_label_keys()
      AND krong_search_text(feature.stable_id, feature.properties) LIKE %(like)s
    UNION ALL
    SELECT feature.*
    FROM layers_feature AS feature
    WHERE feature.retired_in IS NULL
      AND feature.layer_id = ANY(%(large_layer_ids)s::bigint[])
      AND NOT feature.properties ?| krong_label_keys()
      AND lower(feature.stable_id) LIKE %(beginning)s
),
found AS MATERIALIZED (
    SELECT
        layer.slug,
        candidate.stable_id,
        candidate.properties,
        candidate.land_use_id,
        candidate.geometry,
        krong_search_text(candidate.stable_id, candidate.properties) AS text,
        krong_search_text(layer.slug, jsonb_build_object(
            'title_km', layer.title_km, 'title_en', layer.title_en
        )) AS layer_text
    FROM candidate
    JOIN layers_layer AS layer ON layer.id = candidate.layer_id
    WHERE krong_search_text(candidate.stable_id, candidate.properties) ~ ALL(%(patterns)s)
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
