-- Bring the findings seen in this detection up to date. What came back or got worse is open again,
-- and so is an acceptance whose last day has passed; every other decision stays.
UPDATE conflicts_finding AS finding
SET
    current_id = seen.id,
    severity = seen.severity,
    basis = rule.basis,
    last_seen_id = seen.detection_id,
    absent_since_id = NULL,
    note = '',
    state = CASE
        WHEN seen.change = 'reopened' THEN 'open'
        WHEN seen.change = 'worse' AND finding.state IN ('accepted', 'mitigating', 'dismissed')
            THEN 'open'
        WHEN finding.state = 'accepted' AND (
            SELECT decision.valid_to
            FROM conflicts_decision AS decision
            WHERE decision.finding_id = finding.id
            ORDER BY decision.id DESC
            LIMIT 1
        ) < %(today)s THEN 'open'
        ELSE finding.state
    END
FROM conflicts_observation AS seen, conflict_rule AS rule
WHERE seen.finding_id = finding.id
  AND seen.detection_id = %(detection)s
  AND seen.change <> 'gone'
  AND rule.rule_code = finding.rule_code
