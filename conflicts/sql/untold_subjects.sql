-- The subjects of one selection about which a rule could not tell: per reason how many, and the first
-- few by name.
SELECT
    untold.reason,
    count(*),
    (array_agg(untold.subject_id ORDER BY untold.subject_id COLLATE "C"))[1:%(examples)s]
FROM conflict_untold AS untold
JOIN conflict_selection AS chosen
    ON chosen.selection = %(subject)s AND chosen.feature_id = untold.subject_row
WHERE untold.rule_code = %(rule_code)s
GROUP BY untold.reason
ORDER BY untold.reason COLLATE "C"
