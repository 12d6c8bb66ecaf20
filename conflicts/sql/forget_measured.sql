-- Takes away what was measured of one rule.
DELETE FROM conflict_hit AS hit WHERE hit.rule_code = %(rule_code)s;

DELETE FROM conflict_untold AS untold WHERE untold.rule_code = %(rule_code)s
