"""What was decided before findings had a life, told as history; used once by the migration.

Decisions did not say from which state they came: each is told as one from 'open' (to open again:
from 'looked at'), with the state before it beside. Acceptances that no second person approved and
measures without office and day end: those findings are open again. A dismissal keeps the measure
it was taken on.
"""

HAND_OVER = """
INSERT INTO conflicts_findingevent (
    finding_id, step, from_state, to_state, reason, before, after, severity, margin, by_id, at
)
SELECT
    told.finding_id,
    CASE told.state WHEN 'triaged' THEN 'triage' WHEN 'accepted' THEN 'approve'
        WHEN 'mitigating' THEN 'plan_mitigation' WHEN 'dismissed' THEN 'dismiss'
        ELSE 'reopen' END,
    CASE told.state WHEN 'open' THEN 'triaged' ELSE 'open' END,
    told.state, told.reason,
    CASE WHEN told.earlier IS NULL THEN '{}'::jsonb
        ELSE jsonb_build_object('state', told.earlier) END,
    CASE WHEN told.valid_to IS NULL THEN '{}'::jsonb
        ELSE jsonb_build_object('valid_to', told.valid_to) END,
    told.severity, told.margin, told.decided_by_id, told.decided_at
FROM (
    SELECT decision.*,
        lag(decision.state) OVER (PARTITION BY decision.finding_id ORDER BY decision.id) AS earlier
    FROM conflicts_decision AS decision
) AS told
WHERE told.decided_by_id IS NOT NULL
ORDER BY told.id;

INSERT INTO conflicts_handling (finding_id, severity, office, existing_evidence, decided_on_id)
SELECT finding.id, '', '', '', (
    SELECT seen.id FROM conflicts_observation AS seen
    WHERE seen.finding_id = finding.id AND seen.change <> 'gone'
    ORDER BY (seen.margin IS NOT DISTINCT FROM decided.margin) DESC, seen.id DESC
    LIMIT 1
)
FROM conflicts_finding AS finding
JOIN LATERAL (
    SELECT decision.margin FROM conflicts_decision AS decision
    WHERE decision.finding_id = finding.id ORDER BY decision.id DESC LIMIT 1
) AS decided ON true
WHERE finding.state = 'dismissed';

INSERT INTO conflicts_findingevent (finding_id, step, from_state, to_state, severity)
SELECT finding.id, 'before_two', finding.state, 'open', finding.severity
FROM conflicts_finding AS finding
WHERE finding.state IN ('accepted', 'mitigating')
ORDER BY finding.id;

UPDATE conflicts_finding SET state = 'open', step = 'before_two'
WHERE state IN ('accepted', 'mitigating')
"""
