-- The hits of one question, the farthest beyond the limit first, and an empty table afterwards.
WITH taken AS (DELETE FROM conflict_hit RETURNING *)
SELECT
    subject_row, object_row, subject_layer, subject_id, object_layer, object_id, severity,
    measured_value, required_value, unit, margin, ST_AsBinary(witness) AS witness, facts::text,
    exemption IS NOT NULL AS is_exempted
FROM taken
ORDER BY margin, subject_layer, subject_id, object_layer, object_id
