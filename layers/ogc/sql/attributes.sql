-- The attributes that the first features of a layer carry, and the JSON types of their values.
SELECT attribute.key, array_agg(DISTINCT jsonb_typeof(attribute.value))
FROM (
    SELECT feature.properties
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s AND feature.retired_in IS NULL
    LIMIT %(looked_at)s
) AS looked_at
CROSS JOIN LATERAL jsonb_each(looked_at.properties) AS attribute
WHERE jsonb_typeof(attribute.value) <> 'null'
GROUP BY attribute.key
ORDER BY attribute.key
