-- One observation per finding that is there, with what changed since it was last measured; where a
-- person decided on it, since that decision, so that many small steps cannot creep past it.
-- Differences up to the noise of digitising do not count.
INSERT INTO conflicts_observation (
    id, finding_id, outcome_id, detection_id, change, severity,
    measured_value, required_value, unit, margin, witness, facts, subject_row_id, object_row_id
)
SELECT
    CASE
        WHEN finding.first_seen_id = %(detection)s THEN finding.current_id
        ELSE nextval(pg_get_serial_sequence('conflicts_observation', 'id'))
    END,
    finding.id, rule.outcome_id, %(detection)s,
    CASE
        WHEN known.id IS NULL THEN 'new'
        WHEN finding.state = 'resolved' THEN 'reopened'
        WHEN rank.now > rank.before OR hit.margin < before.margin - noise.size THEN 'worse'
        WHEN rank.now < rank.before OR hit.margin > before.margin + noise.size THEN 'better'
        ELSE 'unchanged'
    END,
    hit.severity, hit.measured_value, hit.required_value, hit.unit, hit.margin, hit.witness,
    hit.facts, hit.subject_row, hit.object_row
FROM conflict_hit AS hit
JOIN conflict_rule AS rule ON rule.rule_code = hit.rule_code
JOIN conflicts_finding AS finding
    ON finding.rulebook_code = %(rulebook_code)s
    AND finding.rule_code = hit.rule_code
    AND finding.context = %(context)s
    AND finding.subject_layer = hit.subject_layer
    AND finding.subject_id = hit.subject_id
    AND finding.object_layer = hit.object_layer
    AND finding.object_id = hit.object_id
LEFT JOIN conflicts_observation AS known ON known.id = finding.current_id
LEFT JOIN conflicts_handling AS handling
    ON handling.finding_id = finding.id
    AND finding.state IN ('accepted', 'mitigating', 'dismissed')
LEFT JOIN conflicts_observation AS decided ON decided.id = handling.decided_on_id
CROSS JOIN LATERAL (
    SELECT
        coalesce(decided.margin, known.margin) AS margin,
        coalesce(decided.severity, known.severity) AS severity
) AS before
CROSS JOIN LATERAL (
    SELECT
        array_position(%(severities)s::text[], hit.severity::text) AS now,
        array_position(%(severities)s::text[], before.severity::text) AS before
) AS rank
CROSS JOIN LATERAL (
    SELECT CASE WHEN hit.unit = 'm2' THEN %(noise_m2)s ELSE %(noise_m)s END AS size
) AS noise
WHERE hit.exemption IS NULL
ORDER BY finding.id
