-- What a detection saw of findings against what was known before, by who may see them.
SELECT
    observation.change, observation.severity, finding.rule_code,
    finding.subject_layer, finding.object_layer, count(*)
FROM conflicts_observation AS observation
JOIN conflicts_finding AS finding ON finding.id = observation.finding_id
WHERE observation.detection_id = %(detection)s
GROUP BY observation.change, observation.severity, finding.rule_code, finding.subject_layer, finding.object_layer
ORDER BY observation.change, observation.severity, finding.rule_code, finding.subject_layer, finding.object_layer
