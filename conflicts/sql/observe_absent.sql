-- One observation "gone" for every finding that the detection before still saw.
INSERT INTO conflicts_observation (
    finding_id, outcome_id, detection_id, change, severity, unit, facts
)
SELECT finding.id, rule.outcome_id, %(detection)s, 'gone', finding.severity, '', '{}'::jsonb
FROM conflict_absent AS missed
JOIN conflicts_finding AS finding ON finding.id = missed.finding_id
LEFT JOIN conflict_rule AS rule ON rule.rule_code = finding.rule_code
WHERE finding.absent_since_id IS NULL
ORDER BY finding.id
