-- Hits of one rule on pairs that a more specific rule speaks about: they count as exempted here.
-- A class means its branch; no class means any. The tables of
-- classes and of pairs are small; the features are asked by key.
WITH RECURSIVE named AS (
    SELECT pair.number, pair.subjects, pair.objects
    FROM ROWS FROM (
        jsonb_to_recordset(%(left_to)s::jsonb) AS (subjects text[], objects text[])
    ) WITH ORDINALITY AS pair(subjects, objects, number)
),
branch AS (
    SELECT named.number, true AS is_subject, class.id
    FROM named JOIN layers_landuseclass AS class ON class.code = ANY(named.subjects)
    UNION
    SELECT named.number, false, class.id
    FROM named JOIN layers_landuseclass AS class ON class.code = ANY(named.objects)
    UNION
    SELECT branch.number, branch.is_subject, class.id
    FROM branch JOIN layers_landuseclass AS class ON class.parent_id = branch.id
),
taken AS (
    SELECT hit.subject_layer, hit.subject_id, hit.object_layer, hit.object_id
    FROM conflict_hit AS hit
    JOIN conflict_ground AS subject ON subject.id = hit.subject_row
    LEFT JOIN conflict_ground AS object ON object.id = hit.object_row
    WHERE hit.rule_code = %(rule_code)s
      AND hit.exemption IS NULL
      AND EXISTS (
          SELECT 1
          FROM named
          WHERE (
              cardinality(named.subjects) = 0 OR EXISTS (
                  SELECT 1 FROM branch
                  WHERE branch.number = named.number AND branch.is_subject
                    AND branch.id = subject.land_use_id
              )
          ) AND (
              cardinality(named.objects) = 0 OR EXISTS (
                  SELECT 1 FROM branch
                  WHERE branch.number = named.number AND NOT branch.is_subject
                    AND branch.id = object.land_use_id
              )
          )
      )
)
UPDATE conflict_hit AS hit
SET exemption = 0
FROM taken
WHERE hit.rule_code = %(rule_code)s
  AND hit.subject_layer = taken.subject_layer AND hit.subject_id = taken.subject_id
  AND hit.object_layer = taken.object_layer AND hit.object_id = taken.object_id
