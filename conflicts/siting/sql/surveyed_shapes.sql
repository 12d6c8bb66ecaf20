-- Where each of these layers is completely surveyed for the classes asked.
SELECT surveyed.layer_slug, ST_AsBinary(surveyed.geometry)
FROM conflict_surveyed AS surveyed
WHERE surveyed.layer_slug = ANY(%(layers)s)
  AND surveyed.asked = %(asked)s::text[]
  AND surveyed.geometry IS NOT NULL
ORDER BY surveyed.layer_slug
