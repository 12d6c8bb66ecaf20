-- Per rule: how many conflicts and how many exempted pairs were found now.
SELECT
    hit.rule_code,
    count(*) FILTER (WHERE hit.exemption IS NULL),
    count(*) FILTER (WHERE hit.exemption IS NOT NULL)
FROM conflict_hit AS hit
GROUP BY hit.rule_code
ORDER BY hit.rule_code
