-- All findings a reader may see, counted by what the dashboard tells them apart by; one look at each.
-- "age" is the number of days in %(days)s (rising) that lie before the moment it was first seen.
SELECT
    finding.rulebook_code, finding.rule_code, finding.severity, finding.state, finding.note,
    width_bucket(
        coalesce(run.finished_at, run.started_at, run.queued_at), %(days)s::timestamptz[]
    ) AS age,
    place.sangkats,
    count(*)
FROM conflicts_finding AS finding
JOIN layers_run AS run ON run.id = finding.first_seen_id
LEFT JOIN conflicts_findingplace AS place
    ON place.finding_id = finding.id
    AND place.observation_number = finding.current_id
    AND place.sangkat_version = %(sangkat_version)s
WHERE NOT finding.subject_layer = ANY(%(hidden)s)
  AND NOT finding.object_layer = ANY(%(hidden)s)
  AND (finding.rulebook_code, finding.rule_code) NOT IN (
      SELECT closed.book, closed.rule
      FROM unnest(%(hidden_books)s::text[], %(hidden_rules)s::text[]) AS closed (book, rule)
  )
  AND (%(rulebook)s = '' OR finding.rulebook_code = %(rulebook)s)
GROUP BY 1, 2, 3, 4, 5, 6, 7
