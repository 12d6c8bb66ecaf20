-- What the rules found, without what an exemption or a more specific rule lets pass.
SELECT
    rule_code, subject_row, object_row, subject_layer, subject_id, object_layer, object_id,
    severity, measured_value, required_value, unit, margin,
    ST_AsBinary(witness) AS witness, facts::text
FROM conflict_hit
WHERE exemption IS NULL
ORDER BY rule_code, margin, subject_layer, subject_id, object_layer, object_id
