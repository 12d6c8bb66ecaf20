-- What is not seen any more is resolved only where that can be known: each side is either still
-- there and was measured again, or its last place lies inside the complete survey of its layer for its class.
-- A side whose condition is now unknown was not measured. For a hazard map the map must still be
-- one the rule asks for, and its domain must hold the subject's place. The rule must have been able
-- to tell about the subject, where that is still there. A record that is gone
-- is in nobody's way, wherever it was.
-- Elsewhere the state stays and the note says so. A dismissal stays a dismissal.
WITH absent AS MATERIALIZED (
    SELECT
        finding.id,
        finding.rule_code,
        subject_class.code AS subject_class,
        CASE WHEN NOT rule.object_is_map THEN object_class.code END AS object_class,
        finding.subject_layer, finding.subject_id, finding.object_layer, finding.object_id,
        rule.rule_code IS NULL AS is_withdrawn,
        rule.object_is_map,
        coalesce(definition.kind = 'data_quality', false) AS is_of_records,
        rule.subject_selection,
        rule.object_selection,
        subject.geometry AS subject_geometry,
        object.geometry AS object_geometry
    FROM conflict_absent AS missed
    JOIN conflicts_finding AS finding ON finding.id = missed.finding_id
    LEFT JOIN conflict_rule AS rule ON rule.rule_code = finding.rule_code
    LEFT JOIN conflicts_rule AS definition ON definition.id = rule.rule_id
    LEFT JOIN conflicts_observation AS known ON known.id = finding.current_id
    LEFT JOIN layers_feature AS subject ON subject.id = known.subject_row_id
    LEFT JOIN layers_feature AS object ON object.id = known.object_row_id
    LEFT JOIN layers_landuseclass AS subject_class ON subject_class.id = subject.land_use_id
    LEFT JOIN layers_landuseclass AS object_class ON object_class.id = object.land_use_id
    WHERE finding.state <> 'resolved'
),
place AS (
    -- what must have been looked for where: of a hazard map the whole map
    SELECT absent.subject_layer AS layer_slug, absent.subject_class AS class FROM absent
    UNION
    SELECT absent.object_layer, absent.object_class FROM absent
),
surveyed AS MATERIALIZED (
    SELECT
        place.layer_slug,
        place.class,
        krong_surveyed_ground(
            layer.id, CASE WHEN place.class IS NULL THEN '{}' ELSE ARRAY[place.class::text] END
        ) AS geometry
    FROM place
    JOIN layers_layer AS layer ON layer.slug = place.layer_slug
),
side AS MATERIALIZED (
    SELECT
        absent.*,
        coalesce(subject_now.is_sure, subject_now.feature_id IS NULL AND (absent.is_of_records OR EXISTS (
            SELECT 1 FROM surveyed
            WHERE surveyed.layer_slug = absent.subject_layer
              AND surveyed.class IS NOT DISTINCT FROM absent.subject_class
              AND ST_Covers(surveyed.geometry, absent.subject_geometry)
        )), false) AND NOT EXISTS (
            SELECT 1 FROM conflict_untold AS untold
            WHERE untold.rule_code = absent.rule_code
              AND untold.subject_layer = absent.subject_layer
              AND untold.subject_id = absent.subject_id
        ) AS subject_known,
        CASE
            WHEN absent.object_layer = '' THEN true
            WHEN absent.object_is_map THEN EXISTS (
                SELECT 1 FROM conflict_map AS map
                WHERE map.rule_code = absent.rule_code
                  AND map.layer_slug = absent.object_layer
            ) AND EXISTS (
                SELECT 1 FROM surveyed
                WHERE surveyed.layer_slug = absent.object_layer
                  AND surveyed.class IS NULL
                  AND ST_Covers(
                      surveyed.geometry, coalesce(stands.geometry, absent.subject_geometry))
            )
            ELSE coalesce(object_now.is_sure, object_now.feature_id IS NULL AND (absent.is_of_records OR EXISTS (
                SELECT 1 FROM surveyed
                WHERE surveyed.layer_slug = absent.object_layer
                  AND surveyed.class IS NOT DISTINCT FROM absent.object_class
                  AND ST_Covers(surveyed.geometry, absent.object_geometry)
            )), false)
        END AS object_known
    FROM absent
    LEFT JOIN LATERAL (
        SELECT feature.id AS feature_id, chosen.feature_id IS NULL OR chosen.is_sure AS is_sure
        FROM layers_layer AS layer
        JOIN layers_feature AS feature
            ON feature.layer_id = layer.id
            AND feature.stable_id = absent.subject_id
            AND feature.retired_in IS NULL
        LEFT JOIN conflict_selection AS chosen
            ON chosen.selection = absent.subject_selection AND chosen.feature_id = feature.id
        WHERE layer.slug = absent.subject_layer
          AND (chosen.feature_id IS NOT NULL OR EXISTS (
              SELECT 1 FROM conflict_meant AS meant
              WHERE meant.selection = absent.subject_selection
                AND meant.layer_id = feature.layer_id
                AND meant.land_use_id = coalesce(feature.land_use_id, 0)
                AND meant.lifecycle = feature.lifecycle
          ))
    ) AS subject_now ON true
    LEFT JOIN layers_feature AS stands ON stands.id = subject_now.feature_id
    LEFT JOIN LATERAL (
        SELECT feature.id AS feature_id, chosen.feature_id IS NULL OR chosen.is_sure AS is_sure
        FROM layers_layer AS layer
        JOIN layers_feature AS feature
            ON feature.layer_id = layer.id
            AND feature.stable_id = absent.object_id
            AND feature.retired_in IS NULL
        LEFT JOIN conflict_selection AS chosen
            ON chosen.selection = absent.object_selection AND chosen.feature_id = feature.id
        WHERE NOT absent.object_is_map
          AND layer.slug = absent.object_layer
          AND (chosen.feature_id IS NOT NULL OR EXISTS (
              SELECT 1 FROM conflict_meant AS meant
              WHERE meant.selection = absent.object_selection
                AND meant.layer_id = feature.layer_id
                AND meant.land_use_id = coalesce(feature.land_use_id, 0)
                AND meant.lifecycle = feature.lifecycle
          ))
    ) AS object_now ON true
)
UPDATE conflicts_finding AS finding
SET
    absent_since_id = coalesce(finding.absent_since_id, %(detection)s),
    state = CASE
        WHEN finding.state = 'dismissed' THEN 'dismissed'
        WHEN side.is_withdrawn OR (side.subject_known AND side.object_known) THEN 'resolved'
        ELSE finding.state
    END,
    step = CASE
        WHEN finding.state = 'dismissed' THEN finding.step
        WHEN side.is_withdrawn THEN 'rule_withdrawn'
        WHEN side.subject_known AND side.object_known THEN 'resolved'
        ELSE finding.step
    END,
    note = CASE
        WHEN side.is_withdrawn THEN 'rule_withdrawn'
        WHEN side.subject_known AND side.object_known THEN ''
        ELSE 'cannot_recheck'
    END
FROM side
WHERE finding.id = side.id
