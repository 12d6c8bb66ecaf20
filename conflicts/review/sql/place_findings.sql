-- In which sangkats the evidence of findings lies. Evidence whose inside meets several lies in each
-- of them; what only touches another's border does not lie in it. What lies on borders alone lies
-- in all that meet there. The whole sangkats are compared only where pieces of two were met.
WITH met AS MATERIALIZED (
    SELECT
        finding.id AS finding_id,
        seen.id AS observation_id,
        seen.witness,
        array_agg(DISTINCT piece.stable_id) FILTER (WHERE piece.stable_id IS NOT NULL) AS names
    FROM conflicts_finding AS finding
    JOIN conflicts_observation AS seen ON seen.id = finding.current_id
    LEFT JOIN review_piece AS piece ON ST_Intersects(piece.geometry, seen.witness)
    WHERE finding.id = ANY(%(findings)s)
    GROUP BY finding.id, seen.id
)
INSERT INTO conflicts_findingplace (finding_id, observation_number, sangkat_version, sangkats)
SELECT
    met.finding_id, met.observation_id, %(sangkat_version)s,
    CASE
        WHEN cardinality(met.names) > 1 THEN coalesce(inside.names, met.names)
        ELSE coalesce(met.names, '{}')
    END
FROM met
LEFT JOIN LATERAL (
    SELECT array_agg(feature.stable_id ORDER BY feature.stable_id) AS names
    FROM layers_feature AS feature
    JOIN layers_layer AS layer ON layer.id = feature.layer_id
    WHERE cardinality(met.names) > 1
      AND layer.slug = %(sangkat_layer)s
      AND feature.retired_in IS NULL
      AND feature.stable_id = ANY(met.names)
      AND ST_Intersects(feature.geometry, met.witness)
      AND NOT ST_Touches(feature.geometry, met.witness)
) AS inside ON true
ON CONFLICT (finding_id) DO UPDATE SET
    observation_number = excluded.observation_number,
    sangkat_version = excluded.sangkat_version,
    sangkats = excluded.sangkats
