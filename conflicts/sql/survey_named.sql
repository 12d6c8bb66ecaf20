-- A name for each ground that these layers were surveyed on for the classes asked; '': nowhere.
SELECT ARRAY(
    SELECT DISTINCT coalesce(md5(ST_AsBinary(surveyed.geometry)), '')
    FROM unnest(%(layers)s::text[]) AS layer(slug)
    LEFT JOIN conflict_surveyed AS surveyed
        ON surveyed.layer_slug = layer.slug AND surveyed.asked = %(asked)s::text[]
    ORDER BY 1
)
