-- The subjects of one selection about which a rule could not tell: per reason how many, and the first
-- few by name.
SELECT
    untold.reason,
    count(*),
    (array_agg(untold.subject_id ORDER BY untold.subject_id COLLATE "C"))[1:%(examples)s]
FROM conflict_untold AS untold
WHERE untold.rule_code = %(rule_code)s
  AND (NOT %(by_rows)s OR EXISTS (  -- else the whole of a selection by likeness was asked
      SELECT 1 FROM conflict_selection AS chosen
      WHERE chosen.selection = %(subject)s AND chosen.feature_id = untold.subject_row
  ))
GROUP BY untold.reason
ORDER BY untold.reason COLLATE "C"
