-- One selection of what is in any of these and in none of "minus".
INSERT INTO conflict_selection (
    selection, feature_id, layer_slug, stable_id, is_sure, lacks_area
)
SELECT DISTINCT ON (chosen.feature_id)
    %(selection)s, chosen.feature_id, chosen.layer_slug, chosen.stable_id, chosen.is_sure,
    chosen.lacks_area
FROM conflict_selection AS chosen
WHERE chosen.selection = ANY(%(of)s::integer[])
  AND NOT EXISTS (
      SELECT 1 FROM conflict_selection AS other
      WHERE other.selection = ANY(%(minus)s::integer[]) AND other.feature_id = chosen.feature_id
  )
ORDER BY chosen.feature_id
