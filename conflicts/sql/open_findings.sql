-- A finding for every hit that was never seen before (conflict_hit against finding_identity_unique).
-- Each knows the number that its first observation will have (observe_findings.sql), so that it need
-- not be written twice.
INSERT INTO conflicts_finding (
    rulebook_code, rule_code, context, subject_layer, subject_id, object_layer, object_id,
    severity, basis, state, note, first_seen_id, last_seen_id, current_id
)
SELECT
    %(rulebook_code)s, hit.rule_code, %(context)s,
    hit.subject_layer, hit.subject_id, hit.object_layer, hit.object_id,
    hit.severity, rule.basis, 'open', '', %(detection)s, %(detection)s,
    nextval(pg_get_serial_sequence('conflicts_observation', 'id'))
FROM conflict_hit AS hit
JOIN conflict_rule AS rule ON rule.rule_code = hit.rule_code
WHERE hit.exemption IS NULL
  AND NOT EXISTS (
      SELECT 1 FROM conflicts_finding AS before
      WHERE before.rulebook_code = %(rulebook_code)s
        AND before.rule_code = hit.rule_code
        AND before.context = %(context)s
        AND before.subject_layer = hit.subject_layer
        AND before.subject_id = hit.subject_id
        AND before.object_layer = hit.object_layer
        AND before.object_id = hit.object_id
  )
ORDER BY hit.rule_code, hit.subject_layer, hit.subject_id, hit.object_layer, hit.object_id
ON CONFLICT ON CONSTRAINT finding_identity_unique DO NOTHING
