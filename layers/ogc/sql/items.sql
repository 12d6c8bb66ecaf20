-- A page of a layer as it stood in its versions low to high, by identifier, as GeoJSON text.
-- What stands now is read along the unique index feature_current_once from the identifier the page
-- before ended with, so that a late page costs what the first one costs; feature_retired serves
-- what was replaced since. Of a feature that changed from low to high its last state counts.
SELECT
    standing.stable_id,
    '{{"type":"Feature","id":' || to_json(standing.stable_id)::text
    || ',"geometry":' || ST_AsGeoJSON({shape}, %(digits)s, 0)
    || ',"properties":' || (
        jsonb_build_object(
            %(class_name)s::text, standing.class, %(lifecycle_name)s::text, standing.lifecycle
        ) || standing.properties
    )::text || '}}'
FROM (
    (
        SELECT
            feature.stable_id, class.code AS class, feature.lifecycle, feature.geometry,
            feature.properties
        FROM layers_feature AS feature
        LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
        WHERE feature.layer_id = %(layer_id)s
          AND feature.retired_in IS NULL
          AND feature.introduced_in <= %(high)s
          AND feature.stable_id > %(after)s
          AND {condition}
        ORDER BY feature.stable_id
        LIMIT %(rows)s
    )
    UNION ALL
    (
        SELECT
            feature.stable_id, class.code AS class, feature.lifecycle, feature.geometry,
            feature.properties
        FROM layers_feature AS feature
        LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
        WHERE feature.layer_id = %(layer_id)s
          AND feature.retired_in IS NOT NULL
          AND feature.retired_in > %(low)s
          AND feature.introduced_in <= %(high)s
          AND feature.stable_id > %(after)s
          AND (
              %(low)s >= %(high)s OR NOT EXISTS (
                  SELECT FROM layers_feature AS later
                  WHERE later.layer_id = feature.layer_id
                    AND later.stable_id = feature.stable_id
                    AND later.introduced_in > feature.introduced_in
                    AND later.introduced_in <= %(high)s
              )
          )
          AND {condition}
        ORDER BY feature.stable_id
        LIMIT %(rows)s
    )
) AS standing
ORDER BY standing.stable_id
LIMIT %(rows)s
