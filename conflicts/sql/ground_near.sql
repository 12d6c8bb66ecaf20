-- Takes the current features of some classes near others (edge to edge, up to "metres") onto the
-- ground and names them in conflict_near. Large origins are cut, so that their boxes stay small;
-- OFFSET 0 makes each piece ask the GiST index of the current features.
DELETE FROM conflict_near;

WITH piece AS MATERIALIZED (
    SELECT part.geometry
    FROM (
        SELECT DISTINCT chosen.feature_id
        FROM conflict_selection AS chosen
        WHERE chosen.selection = ANY(%(origins)s)
    ) AS origin
    JOIN layers_feature AS feature ON feature.id = origin.feature_id
    CROSS JOIN LATERAL ST_Subdivide(feature.geometry, 128) AS part(geometry)
),
asked AS MATERIALIZED (
    SELECT class.id FROM layers_landuseclass AS class WHERE class.code = ANY(%(classes)s::text[])
),
around AS MATERIALIZED (
    SELECT DISTINCT found.id, found.layer_id
    FROM piece
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.layer_id, feature.land_use_id, feature.geometry
        FROM layers_feature AS feature
        WHERE feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(piece.geometry, %(metres)s)
        OFFSET 0
    ) AS found
    WHERE (%(classes)s::text[] IS NULL OR found.land_use_id IN (SELECT asked.id FROM asked))
      AND ST_DWithin(piece.geometry, found.geometry, %(metres)s)
),
grown AS (
    INSERT INTO conflict_ground (
        id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties,
        introduced_in, retired_in
    )
    SELECT
        feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
        feature.geometry, feature.properties, feature.introduced_in, NULL
    FROM around
    JOIN layers_feature AS feature
        ON feature.id = around.id AND feature.layer_id = around.layer_id
    ON CONFLICT (id) DO NOTHING
)
INSERT INTO conflict_near (feature_id) SELECT around.id FROM around
