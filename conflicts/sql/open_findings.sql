-- A finding for every hit that was never seen before (conflict_hit against finding_identity_unique).
INSERT INTO conflicts_finding (
    rulebook_code, rule_code, context, subject_layer, subject_id, object_layer, object_id,
    severity, basis, state, note, first_seen_id, last_seen_id
)
SELECT
    %(rulebook_code)s, hit.rule_code, %(context)s,
    hit.subject_layer, hit.subject_id, hit.object_layer, hit.object_id,
    hit.severity, rule.basis, 'open', '', %(detection)s, %(detection)s
FROM conflict_hit AS hit
JOIN conflict_rule AS rule ON rule.rule_code = hit.rule_code
WHERE hit.exemption IS NULL
ORDER BY hit.rule_code, hit.subject_layer, hit.subject_id, hit.object_layer, hit.object_id
ON CONFLICT ON CONSTRAINT finding_identity_unique DO NOTHING
