-- The features of one selection that was asked for later.
INSERT INTO conflict_pool
SELECT feature.*
FROM conflict_selection AS chosen
JOIN conflict_ground AS feature ON feature.id = chosen.feature_id
WHERE chosen.selection = %(selection)s
ON CONFLICT (id) DO NOTHING
