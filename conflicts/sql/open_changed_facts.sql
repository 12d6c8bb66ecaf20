-- What was dismissed is open again where the shape, class or lifecycle of either side is another now
-- than when it was dismissed (of a hazard map: the shape that is worst). The same shape drawn anew
-- is no change: no part of either lies farther outside of the other than the noise of drawing. The
-- distance of corners comes first, it is cheap; but the same corners may be joined to another shape.
-- A shape of very many corners is the same only to the byte. Only what is seen now is compared;
-- dismissals are few.
UPDATE conflicts_finding AS finding
SET state = 'open', step = 'facts_changed'
FROM conflicts_handling AS handling
JOIN conflicts_observation AS decided ON decided.id = handling.decided_on_id
WHERE handling.finding_id = finding.id
  AND finding.rulebook_code = %(rulebook_code)s
  AND finding.context = %(context)s
  AND finding.state = 'dismissed'
  AND finding.absent_since_id IS NULL
  AND EXISTS (
      SELECT 1
      FROM conflicts_observation AS seen
      CROSS JOIN LATERAL (VALUES
          (decided.subject_row_id, seen.subject_row_id),
          (decided.object_row_id, seen.object_row_id)
      ) AS side (before_id, now_id)
      LEFT JOIN layers_feature AS before ON before.id = side.before_id
      LEFT JOIN layers_feature AS now ON now.id = side.now_id
      WHERE seen.id = finding.current_id
        AND side.before_id IS DISTINCT FROM side.now_id
        AND (
            before.land_use_id IS DISTINCT FROM now.land_use_id
            OR before.lifecycle IS DISTINCT FROM now.lifecycle
            OR before.id IS NULL
            OR now.id IS NULL
            OR before.geometry::bytea <> now.geometry::bytea AND CASE
                WHEN ST_NPoints(before.geometry) + ST_NPoints(now.geometry) > %(most_corners)s
                    THEN true
                WHEN ST_Dimension(before.geometry) <> ST_Dimension(now.geometry) THEN true
                WHEN ST_HausdorffDistance(before.geometry, now.geometry) > %(noise_m)s THEN true
                ELSE NOT (
                    ST_Covers(ST_Buffer(before.geometry, %(noise_m)s), now.geometry)
                    AND ST_Covers(ST_Buffer(now.geometry, %(noise_m)s), before.geometry)
                )
            END
        )
  )
