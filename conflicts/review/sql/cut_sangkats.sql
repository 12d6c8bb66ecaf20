-- The sangkats as published, cut into pieces small enough to be compared fast.
CREATE TEMPORARY TABLE review_piece ON COMMIT DROP AS
SELECT feature.stable_id, ST_Subdivide(feature.geometry, 64) AS geometry
FROM layers_feature AS feature
JOIN layers_layer AS layer ON layer.id = feature.layer_id
WHERE layer.slug = %(sangkat_layer)s
  AND feature.retired_in IS NULL
  AND ST_Dimension(feature.geometry) = 2
