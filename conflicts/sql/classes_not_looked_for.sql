-- Per layer: those of the classes asked that no complete survey looked for, the highest of each
-- branch. A layer that nobody surveyed at all counts only with "also_unsurveyed".
WITH lacking AS MATERIALIZED (
    SELECT noted.layer_slug AS slug, class.id, class.parent_id, class.code
    FROM conflict_looked_for AS noted
    JOIN layers_landuseclass AS class ON class.code = ANY(%(asked)s)
    WHERE noted.layer_slug = ANY(%(layers)s)
      AND (%(also_unsurveyed)s OR noted.is_surveyed)
      AND class.code <> ALL(noted.codes)
)
SELECT lacking.slug, array_agg(lacking.code ORDER BY lacking.code)
FROM lacking
WHERE NOT EXISTS (
    SELECT 1 FROM lacking AS above
    WHERE above.slug = lacking.slug AND above.id = lacking.parent_id
)
GROUP BY lacking.slug
ORDER BY lacking.slug
