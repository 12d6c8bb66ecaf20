-- The subjects about which one rule cannot tell as the land stands, by reason.
SELECT untold.reason, array_agg(untold.subject_id)
FROM conflict_untold AS untold
WHERE untold.rule_code = %(rule_code)s
GROUP BY untold.reason
ORDER BY untold.reason
