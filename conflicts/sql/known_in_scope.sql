-- Per rule: how many of the conflicts and of the exempted pairs known before are measured again.
WITH known AS (
    SELECT finding.id, finding.rule_code
    FROM conflict_scope AS scope
    JOIN conflicts_finding AS finding
        ON finding.subject_layer = scope.layer_slug AND finding.subject_id = scope.stable_id
    WHERE finding.rulebook_code = %(rulebook_code)s
      AND finding.context = %(context)s
      AND finding.absent_since_id IS NULL
      AND scope.rule_code IN ('', finding.rule_code)
    UNION
    SELECT finding.id, finding.rule_code
    FROM conflict_scope AS scope
    JOIN conflicts_finding AS finding
        ON finding.object_layer = scope.layer_slug AND finding.object_id = scope.stable_id
    WHERE finding.rulebook_code = %(rulebook_code)s
      AND finding.context = %(context)s
      AND finding.absent_since_id IS NULL
      AND scope.rule_code IN ('', finding.rule_code)
),
exempted AS (
    DELETE FROM conflicts_exemptedpair AS pair
    WHERE pair.id IN (
        SELECT gone.id
        FROM conflict_scope AS scope
        JOIN conflicts_exemptedpair AS gone
            ON gone.subject_layer = scope.layer_slug AND gone.subject_id = scope.stable_id
        WHERE gone.rulebook_code = %(rulebook_code)s
          AND scope.rule_code IN ('', gone.rule_code)
        UNION
        SELECT gone.id
        FROM conflict_scope AS scope
        JOIN conflicts_exemptedpair AS gone
            ON gone.object_layer = scope.layer_slug AND gone.object_id = scope.stable_id
        WHERE gone.rulebook_code = %(rulebook_code)s
          AND scope.rule_code IN ('', gone.rule_code)
    )
    RETURNING pair.rule_code
)
SELECT counted.rule_code, sum(counted.found)::integer, sum(counted.exempted)::integer
FROM (
    SELECT known.rule_code, 1 AS found, 0 AS exempted FROM known
    UNION ALL
    SELECT exempted.rule_code, 0, 1 FROM exempted
) AS counted
GROUP BY counted.rule_code
ORDER BY counted.rule_code
