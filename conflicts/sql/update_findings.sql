-- Bring the findings seen in this detection up to date. What came back or got worse is open again;
-- every other decision stays: but what was accepted without an exemption by the law while its rule
-- held up no permit is open again once the rule does.
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
        WHEN finding.state = 'accepted' AND acceptance.exemption = ''
            AND rule.basis = ANY(%(blocking_bases)s)
            THEN 'open'
        ELSE finding.state
    END,
    step = CASE
        WHEN seen.change = 'reopened' THEN 'came_back'
        WHEN seen.change = 'worse' AND finding.state IN ('accepted', 'mitigating', 'dismissed')
            THEN 'got_worse'
        WHEN finding.state = 'accepted' AND acceptance.exemption = ''
            AND rule.basis = ANY(%(blocking_bases)s)
            THEN 'got_worse'
        ELSE finding.step
    END
FROM conflicts_observation AS seen
LEFT JOIN conflicts_acceptance AS acceptance
    ON acceptance.finding_id = seen.finding_id
    AND acceptance.state = 'approved',  -- at most one
conflict_rule AS rule
WHERE seen.finding_id = finding.id
  AND seen.detection_id = %(detection)s
  AND seen.change <> 'gone'
  AND finding.first_seen_id <> %(detection)s  -- as it was opened
  AND rule.rule_code = finding.rule_code
