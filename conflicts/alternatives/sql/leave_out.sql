-- Takes rows that do not count in one state of the land out of a selection, and what stands in hidden
-- layers; what is drawn (negative) counts in whatever layer it is drawn.
DELETE FROM conflict_selection
WHERE selection = %(selection)s
  AND (
      feature_id = ANY(%(rows)s::bigint[])
      OR (feature_id > 0 AND layer_slug = ANY(%(hidden)s::text[]))
  )
