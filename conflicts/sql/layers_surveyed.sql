-- How many of these layers have ground that was completely surveyed for the classes asked.
SELECT count(*)
FROM conflict_surveyed AS surveyed
WHERE surveyed.layer_slug = ANY(%(layers)s)
  AND surveyed.asked = %(asked)s::text[]
  AND surveyed.geometry IS NOT NULL
