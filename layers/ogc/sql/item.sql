-- One feature as it stood in its versions low to high: its last state there, as GeoJSON text.
SELECT
    standing.id,
    ST_AsGeoJSON({shape}, %(digits)s, 0),
    (
        jsonb_build_object(
            %(class_name)s::text, class.code, %(lifecycle_name)s::text, standing.lifecycle
        ) || standing.properties
    )::text
FROM layers_feature AS standing
LEFT JOIN layers_landuseclass AS class ON class.id = standing.land_use_id
WHERE standing.layer_id = %(layer_id)s
  AND standing.stable_id = %(stable_id)s
  AND standing.introduced_in <= %(high)s
  AND (standing.retired_in IS NULL OR standing.retired_in > %(low)s)
ORDER BY standing.introduced_in DESC
LIMIT 1
