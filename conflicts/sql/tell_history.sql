-- Whoever touched a finding is told in its history that it was resolved or found again; of all
-- others the observations tell it. Only what went or came back in this detection is looked at.
WITH moved AS (
    SELECT missed.finding_id FROM conflict_absent AS missed
    UNION
    SELECT seen.finding_id
    FROM conflicts_observation AS seen
    WHERE seen.detection_id = %(detection)s AND seen.change = 'reopened'
)
INSERT INTO conflicts_findingevent (
    finding_id, step, from_state, to_state, severity, margin, detection_id
)
SELECT
    finding.id, finding.step, newest.to_state, finding.state, finding.severity, known.margin,
    %(detection)s
FROM moved
JOIN conflicts_finding AS finding ON finding.id = moved.finding_id
CROSS JOIN LATERAL (
    SELECT event.to_state
    FROM conflicts_findingevent AS event
    WHERE event.finding_id = moved.finding_id
    ORDER BY event.id DESC
    LIMIT 1
) AS newest
LEFT JOIN conflicts_observation AS known ON known.id = finding.current_id
WHERE finding.state <> newest.to_state
ORDER BY finding.id
