-- Names the features of some selections in conflict_near.
DELETE FROM conflict_near;

INSERT INTO conflict_near (feature_id)
SELECT DISTINCT chosen.feature_id
FROM conflict_selection AS chosen
WHERE chosen.selection = ANY(%(origins)s)
