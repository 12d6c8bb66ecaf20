-- Puts the rules of the book into the working tables, with the layers of the hazard maps they ask for.
INSERT INTO conflict_rule (
    rule_code, rule_id, outcome_id, basis, subject_selection, object_selection, object_is_map
)
SELECT
    noted.rule_code, noted.rule_id, noted.outcome_id, noted.basis, noted.subject_selection,
    noted.object_selection, noted.object_is_map
FROM jsonb_to_recordset(%(rules)s::jsonb) AS noted (
    rule_code text, rule_id bigint, outcome_id bigint, basis text,
    subject_selection integer, object_selection integer, object_is_map boolean
);

INSERT INTO conflict_map (rule_code, layer_slug)
SELECT noted.rule_code, noted.layer_slug
FROM jsonb_to_recordset(%(maps)s::jsonb) AS noted (rule_code text, layer_slug text)
