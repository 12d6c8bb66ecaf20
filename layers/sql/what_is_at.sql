-- What each layer holds at a point: features that cover it, points and lines within reach, the
-- grid in force there, and whether absence means absence.
-- The point is given in PROJECT_SRID; feature_current_layer_geometry serves the inner search.
SELECT
    layer.slug,
    layer.published_number AS version,
    coalesce(
        ST_Covers(krong_surveyed_ground(layer.id, '{}', here.point), here.point), false
    ) AS was_surveyed,
    raster.file AS raster_file,
    raster.quantity,
    raster.units,
    raster.vertical_datum,
    raster.nodata AS raster_nodata,
    ST_Covers(raster.footprint, here.point) AS in_footprint,
    found.*
FROM (SELECT ST_SetSRID(ST_MakePoint(%(x)s, %(y)s), %(srid)s) AS point) AS here
CROSS JOIN layers_layer AS layer
LEFT JOIN layers_layerversion AS version
    ON version.layer_id = layer.id AND version.number = layer.published_number
LEFT JOIN layers_rasterlayer AS raster ON raster.version_id = version.id
LEFT JOIN LATERAL (
    SELECT
        feature.stable_id,
        feature.lifecycle,
        feature.properties,
        ST_Distance(feature.geometry, here.point) AS distance_m,
        ST_Area(feature.geometry) AS area_m2,
        class.code AS class_code,
        coalesce(class.name_km, '') AS class_name_km,
        coalesce(class.name_en, '') AS class_name_en,
        coalesce(class.colour, '') AS class_colour
    FROM layers_feature AS feature
    LEFT JOIN layers_landuseclass AS class ON class.id = feature.land_use_id
    WHERE feature.layer_id = layer.id
      AND feature.retired_in IS NULL
      AND feature.geometry && ST_Expand(here.point, %(reach_m)s)
      AND ST_DWithin(
          feature.geometry, here.point,
          CASE WHEN ST_Dimension(feature.geometry) = 2 THEN 0 ELSE %(reach_m)s END
      )
    ORDER BY distance_m, area_m2, feature.stable_id
    LIMIT %(limit)s
) AS found ON true
WHERE layer.id = ANY(%(layer_ids)s)
ORDER BY layer.theme, layer.slug, found.distance_m, found.area_m2, found.stable_id
