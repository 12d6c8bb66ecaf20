-- Whoever touched a finding is told in its history that it was resolved or found again; of all
-- others the observations tell it.
WITH newest AS (
    SELECT DISTINCT ON (event.finding_id) event.finding_id, event.to_state
    FROM conflicts_findingevent AS event
    ORDER BY event.finding_id, event.id DESC
)
INSERT INTO conflicts_findingevent (
    finding_id, step, from_state, to_state, severity, margin, detection_id
)
SELECT
    finding.id, finding.step, newest.to_state, finding.state, finding.severity, known.margin,
    %(detection)s
FROM newest
JOIN conflicts_finding AS finding ON finding.id = newest.finding_id
LEFT JOIN conflicts_observation AS known ON known.id = finding.current_id
WHERE finding.state <> newest.to_state
  AND finding.rulebook_code = %(rulebook_code)s
ORDER BY finding.id
