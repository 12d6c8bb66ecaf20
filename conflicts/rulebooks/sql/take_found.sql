-- What one rule found, without what is exempted or touches a hidden layer; and an empty table.
WITH taken AS (DELETE FROM conflict_hit RETURNING *)
SELECT
    subject_layer, subject_id, object_layer, object_id,
    severity, measured_value, required_value, unit
FROM taken
WHERE exemption IS NULL
  AND subject_layer <> ALL(%(hidden)s::text[])
  AND object_layer <> ALL(%(hidden)s::text[])
ORDER BY subject_layer, subject_id, object_layer, object_id
