-- After a full detection: every finding of the rule book that it did not see.
INSERT INTO conflict_absent (finding_id)
SELECT finding.id
FROM conflicts_finding AS finding
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.last_seen_id <> %(detection)s
  AND (finding.state <> 'resolved' OR finding.absent_since_id IS NULL)
