-- Whether a feature is on both sides.
SELECT EXISTS (
    SELECT 1
    FROM conflict_selection AS one
    JOIN conflict_selection AS other ON other.feature_id = one.feature_id
    WHERE one.selection = ANY(%(one)s::integer[]) AND other.selection = ANY(%(other)s::integer[])
)
