-- Which of these layers reach an area: with a feature that stands now, with ground that was stated
-- as surveyed, or with the cells of the published grid. Each question ends at the first it finds
-- (feature_current_layer_geometry).
SELECT layer.id
FROM layers_layer AS layer
WHERE layer.id = ANY(%(layer_ids)s)
  AND (
    EXISTS (
        SELECT 1 FROM layers_surveyedarea AS surveyed
        WHERE surveyed.layer_id = layer.id
          AND ST_Intersects(surveyed.geometry, ST_GeomFromWKB(%(area)s, %(srid)s))
    )
    OR EXISTS (
        SELECT 1
        FROM layers_rasterlayer AS grid
        JOIN layers_layerversion AS version ON version.id = grid.version_id
        WHERE version.layer_id = layer.id AND version.number = layer.published_number
          AND ST_Intersects(grid.footprint, ST_GeomFromWKB(%(area)s, %(srid)s))
    )
    OR EXISTS (
        SELECT 1 FROM layers_feature AS feature
        WHERE feature.layer_id = layer.id
          AND feature.retired_in IS NULL
          AND ST_Intersects(feature.geometry, ST_GeomFromWKB(%(area)s, %(srid)s))
    )
  )
ORDER BY layer.id
