-- One selection in numbers: by layer how many and how many of them surely; of those unsure for lack
-- of an attribute and of those that lack an area how many, and the first of them by name.
SELECT
    coalesce((
        SELECT jsonb_object_agg(by_layer.layer_slug, jsonb_build_array(by_layer.met, by_layer.sure))
        FROM (
            SELECT
                chosen.layer_slug,
                count(*) AS met,
                count(*) FILTER (WHERE chosen.is_sure) AS sure
            FROM conflict_selection AS chosen
            WHERE chosen.selection = %(selection)s
            GROUP BY chosen.layer_slug
        ) AS by_layer
    ), '{}')::text,
    count(*) FILTER (WHERE NOT chosen.lacks_area),
    coalesce((array_agg(chosen.stable_id ORDER BY chosen.stable_id COLLATE "C")
        FILTER (WHERE NOT chosen.lacks_area))[1:%(examples)s], '{}'),
    count(*) FILTER (WHERE chosen.lacks_area),
    coalesce((array_agg(chosen.stable_id ORDER BY chosen.stable_id COLLATE "C")
        FILTER (WHERE chosen.lacks_area))[1:%(examples)s], '{}')
FROM conflict_selection AS chosen
WHERE chosen.selection = %(selection)s AND chosen.is_sure IS NULL
