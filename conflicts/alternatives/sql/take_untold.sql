-- The subjects about which the rules could not tell in one state of the land, and why.
SELECT untold.rule_code, untold.subject_layer, untold.subject_id, untold.reason
FROM conflict_untold AS untold
