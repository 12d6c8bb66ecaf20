-- Puts into conflict_surveyed where these layers are completely surveyed for the classes asked.
INSERT INTO conflict_surveyed (layer_slug, asked, geometry, edge)
SELECT layer.slug, %(asked)s::text[], known.geometry, ST_Boundary(known.geometry)
FROM layers_layer AS layer
CROSS JOIN LATERAL (
    SELECT krong_surveyed_ground(layer.id, %(asked)s::text[]) AS geometry
) AS known
WHERE layer.slug = ANY(%(layers)s)
  AND NOT EXISTS (
      SELECT 1 FROM conflict_surveyed AS before
      WHERE before.layer_slug = layer.slug AND before.asked = %(asked)s::text[]
  )
ORDER BY layer.slug
