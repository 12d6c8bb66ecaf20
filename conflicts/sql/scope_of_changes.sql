-- Whatever changed is measured again by every rule that means it.
INSERT INTO conflict_scope (rule_code, layer_slug, stable_id)
SELECT DISTINCT '', changed.layer_slug, changed.stable_id
FROM conflict_change AS changed
