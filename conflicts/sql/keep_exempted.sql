-- Keeps the exempted pairs of this detection; of rules asked as a whole in place of those before.
WITH forgotten AS (
    DELETE FROM conflicts_exemptedpair AS pair
    WHERE pair.rulebook_code = %(rulebook_code)s
      AND (%(all_rules)s OR pair.rule_code = ANY(%(whole_rules)s::text[]))
)
INSERT INTO conflicts_exemptedpair (
    rulebook_code, rule_code, subject_layer, subject_id, object_layer, object_id
)
SELECT
    %(rulebook_code)s, hit.rule_code, hit.subject_layer, hit.subject_id,
    hit.object_layer, hit.object_id
FROM conflict_hit AS hit
WHERE hit.exemption IS NOT NULL
ORDER BY hit.rule_code, hit.subject_layer, hit.subject_id, hit.object_layer, hit.object_id
