-- An acceptance whose last day has passed ends: the finding is open again.
UPDATE conflicts_finding AS finding
SET state = 'open'
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.state = 'accepted'
  AND finding.absent_since_id IS NULL
  AND (
      SELECT decision.valid_to
      FROM conflicts_decision AS decision
      WHERE decision.finding_id = finding.id
      ORDER BY decision.id DESC
      LIMIT 1
  ) < %(today)s
