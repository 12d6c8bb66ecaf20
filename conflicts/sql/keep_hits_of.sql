-- Of the hits of one rule keeps those with a side in one of these selections: the others were only
-- asked for along with them.
DELETE FROM conflict_hit AS hit
WHERE hit.rule_code = %(rule_code)s
  AND NOT EXISTS (
      SELECT 1 FROM conflict_selection AS chosen
      WHERE chosen.selection = ANY(%(selections)s::integer[])
        AND chosen.feature_id IN (hit.subject_row, hit.object_row)
  )
