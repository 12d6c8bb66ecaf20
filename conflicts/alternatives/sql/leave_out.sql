-- Takes rows that do not count in one state of the land out of a selection.
DELETE FROM conflict_selection
WHERE selection = %(selection)s AND feature_id = ANY(%(rows)s::bigint[])
