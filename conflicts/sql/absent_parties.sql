-- The ground is what stands now under the names of both sides of the findings that are not seen any
-- more; it returns which rules they are of.
WITH party AS MATERIALIZED (
    SELECT finding.rule_code, side.layer_slug, side.stable_id
    FROM conflict_absent AS missed
    JOIN conflicts_finding AS finding ON finding.id = missed.finding_id
    CROSS JOIN LATERAL (
        VALUES
            (finding.subject_layer, finding.subject_id), (finding.object_layer, finding.object_id)
    ) AS side(layer_slug, stable_id)
    WHERE finding.state <> 'resolved'
),
grown AS (
    INSERT INTO conflict_ground (
        id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties,
        introduced_in, retired_in
    )
    SELECT
        feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
        feature.geometry, feature.properties, feature.introduced_in, NULL
    FROM (SELECT DISTINCT party.layer_slug, party.stable_id FROM party) AS named
    JOIN layers_layer AS layer ON layer.slug = named.layer_slug
    CROSS JOIN LATERAL (
        SELECT current.*
        FROM layers_feature AS current
        WHERE current.layer_id = layer.id
          AND current.stable_id = named.stable_id
          AND current.retired_in IS NULL
    ) AS feature
    ON CONFLICT (id) DO NOTHING
)
SELECT DISTINCT party.rule_code FROM party ORDER BY party.rule_code
