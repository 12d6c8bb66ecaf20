-- On which rows of the ground the conditions of selectors hold; NULL: not known.
-- As select_features.sql tells it.
SELECT asked.place, feature.id, jsonb_path_match(
    jsonb_strip_nulls(feature.properties),
    (%(conditions)s::jsonb ->> (asked.place - 1))::jsonpath, '{}', true
)
FROM unnest(%(places)s::integer[], %(rows)s::bigint[]) AS asked(place, feature_id)
JOIN conflict_ground AS feature ON feature.id = asked.feature_id
