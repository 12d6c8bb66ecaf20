-- The numbers of findings by number, from the one after the last, with their evidence as GeoJSON.
-- A finding stands from when it was first seen until it was seen no more.
SELECT standing.id, ST_AsGeoJSON({shape}, %(digits)s, 0)
FROM (
    SELECT finding.id, seen.witness AS geometry
    FROM conflicts_finding AS finding
    JOIN conflicts_observation AS seen ON seen.id = finding.current_id
    JOIN layers_run AS begun ON begun.id = finding.first_seen_id
    LEFT JOIN layers_run AS ended ON ended.id = finding.absent_since_id
    LEFT JOIN conflicts_ruleoutcome AS outcome ON outcome.id = seen.outcome_id
    LEFT JOIN conflicts_rule AS rule ON rule.id = outcome.rule_id
    LEFT JOIN conflicts_findingplace AS place
        ON place.finding_id = finding.id AND place.observation_number = finding.current_id
    WHERE finding.id > %(after)s
      AND (%(number)s::bigint IS NULL OR finding.id = %(number)s)
      AND NOT finding.subject_layer = ANY(%(hidden)s)
      AND NOT finding.object_layer = ANY(%(hidden)s)
      AND (finding.rulebook_code, finding.rule_code) NOT IN (
          SELECT closed.book, closed.rule
          FROM unnest(%(hidden_books)s::text[], %(hidden_rules)s::text[]) AS closed (book, rule)
      )
      AND (
          %(until)s::timestamptz IS NULL
          OR coalesce(begun.finished_at, begun.started_at, begun.queued_at) <= %(until)s
      )
      AND (
          %(since)s::timestamptz IS NULL
          OR finding.absent_since_id IS NULL
          OR coalesce(ended.finished_at, ended.started_at, ended.queued_at) > %(since)s
      )
      AND {condition}
    ORDER BY finding.id
    LIMIT %(rows)s
) AS standing
ORDER BY standing.id
