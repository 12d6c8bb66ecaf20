-- Several selections in numbers: by layer how many and how many of them surely; of those unsure for
-- lack of an attribute and of those that lack an area how many, and the first of them by name.
WITH by_layer AS (
    SELECT
        chosen.selection,
        chosen.layer_slug,
        count(*) AS met,
        count(*) FILTER (WHERE chosen.is_sure) AS sure
    FROM conflict_selection AS chosen
    WHERE chosen.selection = ANY(%(selections)s)
    GROUP BY chosen.selection, chosen.layer_slug
),
unsure AS (
    SELECT
        chosen.selection,
        count(*) FILTER (WHERE NOT chosen.lacks_area) AS unsure,
        (array_agg(chosen.stable_id ORDER BY chosen.stable_id COLLATE "C")
            FILTER (WHERE NOT chosen.lacks_area))[1:%(examples)s] AS unsure_first,
        count(*) FILTER (WHERE chosen.lacks_area) AS shapeless,
        (array_agg(chosen.stable_id ORDER BY chosen.stable_id COLLATE "C")
            FILTER (WHERE chosen.lacks_area))[1:%(examples)s] AS shapeless_first
    FROM conflict_selection AS chosen
    WHERE chosen.selection = ANY(%(selections)s) AND chosen.is_sure IS NULL
    GROUP BY chosen.selection
)
SELECT
    met.selection,
    jsonb_object_agg(met.layer_slug, jsonb_build_array(met.met, met.sure))::text,
    coalesce(min(unsure.unsure), 0), coalesce(min(unsure.unsure_first), '{}'),
    coalesce(min(unsure.shapeless), 0), coalesce(min(unsure.shapeless_first), '{}')
FROM by_layer AS met
LEFT JOIN unsure ON unsure.selection = met.selection
GROUP BY met.selection
ORDER BY met.selection
