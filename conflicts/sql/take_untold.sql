-- The subjects about which one rule could not tell as the land stood before, by reason; what was
-- found of that land is taken away again, and what ended since is off the ground.
WITH gone AS (
    DELETE FROM conflict_hit AS hit WHERE hit.rule_code = %(rule_code)s
),
off AS (
    DELETE FROM conflict_ground AS feature
    USING conflict_change AS changed
    WHERE changed.feature_id = feature.id AND NOT changed.is_new
),
taken AS (
    DELETE FROM conflict_untold AS untold WHERE untold.rule_code = %(rule_code)s
    RETURNING untold.reason, untold.subject_id
)
SELECT taken.reason, array_agg(taken.subject_id)
FROM taken
GROUP BY taken.reason
ORDER BY taken.reason
