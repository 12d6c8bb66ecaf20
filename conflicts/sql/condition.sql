-- What the attributes and the shape of a "feature" say about a selector that may mean it: a part of
-- other questions. A condition that cannot be told is NULL.
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN %(where)s::jsonpath IS NULL THEN true
        ELSE jsonb_path_match(
            jsonb_strip_nulls(feature.properties), %(where)s::jsonpath, '{}', true
        )
    END AS holds
) AS condition
CROSS JOIN LATERAL (
    SELECT %(areas_only)s AND ST_Dimension(feature.geometry) < 2 AS lacks_area
) AS shape
