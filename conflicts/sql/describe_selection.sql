-- One selection in numbers: how many surely, how many unsure, some of the unsure, of these how many
-- lack an area, some of them, which layers.
SELECT
    count(*) FILTER (WHERE chosen.is_sure),
    count(*) FILTER (WHERE chosen.is_sure IS NULL),
    coalesce((array_agg(chosen.stable_id ORDER BY chosen.stable_id)
        FILTER (WHERE chosen.is_sure IS NULL AND NOT chosen.lacks_area))[1:%(examples)s], '{}'),
    count(*) FILTER (WHERE chosen.lacks_area),
    coalesce((array_agg(chosen.stable_id ORDER BY chosen.stable_id)
        FILTER (WHERE chosen.lacks_area))[1:%(examples)s], '{}'),
    coalesce(array_agg(DISTINCT chosen.layer_slug), '{}'),
    coalesce(array_agg(DISTINCT chosen.layer_slug) FILTER (WHERE chosen.is_sure), '{}')
FROM conflict_selection AS chosen
WHERE chosen.selection = %(selection)s
