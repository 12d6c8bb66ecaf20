-- Open the new rows of a list of changes.
INSERT INTO layers_feature
    (layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in)
SELECT
    %(layer_id)s, staged.stable_id, class.id, staged.lifecycle, staged.geometry::geometry,
    staged.properties::jsonb, %(number)s
FROM unnest(
    %(ids)s::text[], %(land_uses)s::text[], %(lifecycles)s::text[],
    %(geometries)s::text[], %(properties)s::text[]
) AS staged (stable_id, land_use, lifecycle, geometry, properties)
LEFT JOIN layers_landuseclass AS class ON class.code = staged.land_use
WHERE staged.stable_id = ANY(%(written)s::text[])
