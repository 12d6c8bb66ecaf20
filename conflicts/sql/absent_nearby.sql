-- After a re-check: the findings it did not see of what it measured again, and of those that were
-- gone before what may be told now: because one side changed, or a survey, or the hazard map.
-- Uses finding_subject, finding_object and finding_absent.
INSERT INTO conflict_absent (finding_id)
SELECT finding.id
FROM conflict_scope AS scope
JOIN conflicts_finding AS finding
    ON finding.subject_layer = scope.layer_slug
    AND finding.subject_id = scope.stable_id
    AND (finding.rule_code = scope.rule_code OR scope.rule_code = '')
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.last_seen_id <> %(detection)s
  AND (finding.state <> 'resolved' OR finding.absent_since_id IS NULL)
UNION
SELECT finding.id
FROM conflict_scope AS scope
JOIN conflicts_finding AS finding
    ON finding.object_layer = scope.layer_slug
    AND finding.object_id = scope.stable_id
    AND (finding.rule_code = scope.rule_code OR scope.rule_code = '')
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.last_seen_id <> %(detection)s
  AND (finding.state <> 'resolved' OR finding.absent_since_id IS NULL)
UNION
SELECT finding.id
FROM conflicts_finding AS finding
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.rule_code = ANY(%(whole_rules)s::text[])
  AND finding.last_seen_id <> %(detection)s
  AND (finding.state <> 'resolved' OR finding.absent_since_id IS NULL)
UNION
SELECT finding.id
FROM conflicts_finding AS finding
WHERE finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.absent_since_id IS NOT NULL
  AND finding.state <> 'resolved'
  AND finding.last_seen_id <> %(detection)s
  AND (
      finding.subject_layer = ANY(%(unlike_layers)s::text[])
      OR finding.object_layer = ANY(%(unlike_layers)s::text[])
      OR (finding.object_id = '*' AND finding.object_layer = ANY(%(changed_layers)s::text[]))
  )
