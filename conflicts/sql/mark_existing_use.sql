-- Which of the findings just seen are of a use that existed before the rule: every side that is a
-- use stands already, and was recorded in this class before the rule came into force. What came
-- into conflict by a later change is not. Once marked it stays so while the uses stay what they
-- are. A planner's own statement counts more than the dates.
-- The day a feature was recorded: when its version was captured, else published; days are those of
-- the city's own clock.
WITH in_force AS MATERIALIZED (
    SELECT rule.code, (min(book.ratified_at) AT TIME ZONE %(zone)s)::date AS since
    FROM conflicts_rule AS rule
    JOIN conflicts_rulebook AS book ON book.id = rule.rulebook_id
    WHERE book.code = %(rulebook_code)s AND book.ratified_at IS NOT NULL
    GROUP BY rule.code
),
asked AS MATERIALIZED (
    SELECT noted.outcome_id, definition.kind, in_force.since
    FROM conflict_rule AS noted
    JOIN conflicts_rule AS definition ON definition.id = noted.rule_id
    LEFT JOIN in_force ON in_force.code = noted.rule_code
    WHERE definition.kind = ANY(%(kinds_of_both)s) AND in_force.since IS NOT NULL
       OR definition.kind = ANY(%(kinds_of_subject)s)
),
judged AS (
    SELECT
        finding.id,
        coalesce(
            handling.existing_use,
            coalesce((seen.facts->>'existing_nonconforming')::boolean, false)
            OR (
                subject.lifecycle = 'existing'
                AND CASE
                    WHEN finding.is_existing_use
                        THEN before_subject.land_use_id IS NOT DISTINCT FROM subject.land_use_id
                    ELSE least(
                        subject_version.captured_on,
                        (subject_version.published_at AT TIME ZONE %(zone)s)::date
                    ) < asked.since
                END
                AND (
                    asked.kind = ANY(%(kinds_of_subject)s)
                    OR (
                        object.lifecycle = 'existing'
                        AND CASE
                            WHEN finding.is_existing_use
                                THEN before_object.land_use_id IS NOT DISTINCT FROM object.land_use_id
                            ELSE least(
                                object_version.captured_on,
                                (object_version.published_at AT TIME ZONE %(zone)s)::date
                            ) < asked.since
                        END
                    )
                )
            ),
            false
        ) AS is_existing_use
    FROM asked
    JOIN conflicts_observation AS seen ON seen.outcome_id = asked.outcome_id
    JOIN conflicts_finding AS finding ON finding.id = seen.finding_id
    LEFT JOIN conflicts_handling AS handling ON handling.finding_id = finding.id
    LEFT JOIN conflicts_observation AS known ON known.id = finding.current_id
    LEFT JOIN layers_feature AS before_subject ON before_subject.id = known.subject_row_id
    LEFT JOIN layers_feature AS before_object ON before_object.id = known.object_row_id
    LEFT JOIN layers_feature AS subject ON subject.id = seen.subject_row_id
    LEFT JOIN layers_feature AS object ON object.id = seen.object_row_id
    LEFT JOIN layers_layerversion AS subject_version
        ON subject_version.layer_id = subject.layer_id
        AND subject_version.number = subject.introduced_in
    LEFT JOIN layers_layerversion AS object_version
        ON object_version.layer_id = object.layer_id
        AND object_version.number = object.introduced_in
    WHERE seen.detection_id = %(detection)s AND seen.change <> 'gone'
)
UPDATE conflicts_finding AS finding
SET is_existing_use = judged.is_existing_use
FROM judged
WHERE judged.id = finding.id AND finding.is_existing_use <> judged.is_existing_use
