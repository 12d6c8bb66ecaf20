-- Two texts: one changes with every class of land use that is added, moved or taken away, the other
-- with every rule of a rule book (xmin and cmin change whenever a row is written).
SELECT
    (
        SELECT md5(string_agg(
            concat_ws(' ', class.id, class.parent_id, class.code), ',' ORDER BY class.id
        ))
        FROM layers_landuseclass AS class
    ),
    (
        SELECT coalesce(md5(string_agg(
            concat_ws(' ', rule.id, rule.xmin, rule.cmin, rule.ctid), ',' ORDER BY rule.id
        )), '')
        FROM conflicts_rule AS rule
        WHERE rule.rulebook_id = %(rulebook)s
    )
