-- Which attributes the features of a version carry, of which JSON type, and how many are filled.
-- A whole number of up to 17 digits, with its sign, fills the widest whole column of a dBASE table
-- and is exact in every format.
SELECT
    attribute.key,
    jsonb_typeof(attribute.value) AS kind,
    count(*) AS present,
    count(*) FILTER (WHERE attribute.value NOT IN ('null', '""')) AS filled,
    coalesce(bool_and(attribute.value::text ~ '^-?[0-9]{1,17}$'), FALSE) AS is_whole,
    max(length(ltrim(attribute.value::text, '-'))) AS longest
FROM layers_feature AS feature
CROSS JOIN LATERAL jsonb_each(feature.properties) AS attribute
WHERE feature.layer_id = %(layer_id)s
  AND feature.introduced_in <= %(number)s
  AND (feature.retired_in IS NULL OR feature.retired_in > %(number)s)
GROUP BY attribute.key, jsonb_typeof(attribute.value)
ORDER BY attribute.key, kind
