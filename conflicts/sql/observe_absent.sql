-- One observation "gone" for every finding that the detection before still saw.
INSERT INTO conflicts_observation (
    finding_id, outcome_id, detection_id, change, severity, unit, facts
)
SELECT finding.id, rule.outcome_id, %(detection)s, 'gone', finding.severity, '', '{}'::jsonb
FROM conflicts_finding AS finding
LEFT JOIN conflict_rule AS rule ON rule.rule_code = finding.rule_code
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.last_seen_id <> %(detection)s
  AND finding.absent_since_id IS NULL
ORDER BY finding.id
