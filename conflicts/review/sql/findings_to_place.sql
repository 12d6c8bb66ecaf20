-- Findings whose place is not known for their newest evidence and the sangkats of today, in the order
-- of their numbers. Only those of the detections named are looked at; none named: all.
SELECT finding.id
FROM conflicts_finding AS finding
LEFT JOIN conflicts_findingplace AS place ON place.finding_id = finding.id
WHERE (%(is_all)s OR finding.last_seen_id = ANY(%(detections)s))
  AND (
      place.finding_id IS NULL
      OR place.observation_number IS DISTINCT FROM finding.current_id
      OR place.sangkat_version <> %(sangkat_version)s
  )
ORDER BY finding.id
LIMIT %(most)s
