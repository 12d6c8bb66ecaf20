-- Selects which features of some selections another selector means too. They are on the ground.
WITH around AS MATERIALIZED (
    SELECT DISTINCT feature.id, feature.layer_id
    FROM conflict_selection AS chosen
    JOIN conflict_ground AS feature ON feature.id = chosen.feature_id
    WHERE chosen.selection = ANY(%(origins)s)
),
{take_meant.sql}
