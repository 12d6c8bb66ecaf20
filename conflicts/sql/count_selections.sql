-- Some selections in numbers: by layer how many, how many of them surely, and by name those unsure
-- for lack of an attribute and those that lack an area.
SELECT
    chosen.selection,
    chosen.layer_slug,
    count(*),
    count(*) FILTER (WHERE chosen.is_sure),
    coalesce(array_agg(chosen.stable_id)
        FILTER (WHERE chosen.is_sure IS NULL AND NOT chosen.lacks_area), '{}'),
    coalesce(array_agg(chosen.stable_id)
        FILTER (WHERE chosen.is_sure IS NULL AND chosen.lacks_area), '{}')
FROM conflict_selection AS chosen
WHERE chosen.selection = ANY(%(selections)s)
GROUP BY chosen.selection, chosen.layer_slug
ORDER BY chosen.selection, chosen.layer_slug
