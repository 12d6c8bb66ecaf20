-- Notes the features of some selections as those whose findings of one rule are measured again.
INSERT INTO conflict_scope (rule_code, layer_slug, stable_id)
SELECT %(rule_code)s, chosen.layer_slug, chosen.stable_id
FROM conflict_selection AS chosen
WHERE chosen.selection = ANY(%(selections)s::integer[])
ON CONFLICT DO NOTHING
