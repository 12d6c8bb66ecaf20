-- With the decision that stood end its acceptance and its measure; with a finding that is resolved
-- also what waits for approval.
UPDATE conflicts_acceptance AS acceptance
SET state = 'ended', ended_at = now()
FROM conflicts_finding AS finding
WHERE finding.id = acceptance.finding_id
  AND (
      (acceptance.state = 'approved' AND finding.state <> 'accepted')
      OR (acceptance.state = 'proposed' AND finding.state IN ('resolved', 'dismissed'))
  );

UPDATE conflicts_mitigation AS mitigation
SET ended_at = now()
FROM conflicts_finding AS finding
WHERE finding.id = mitigation.finding_id
  AND mitigation.ended_at IS NULL
  AND finding.state <> 'mitigating';

UPDATE conflicts_handling AS handling
SET decided_on_id = NULL
FROM conflicts_finding AS finding
WHERE finding.id = handling.finding_id
  AND handling.decided_on_id IS NOT NULL
  AND finding.state NOT IN ('accepted', 'mitigating', 'dismissed')
