-- Takes the current features of some classes, or of some layers, near others (edge to edge, up to
-- "metres") onto the ground and returns what tells them apart. Large origins are cut, so that their
-- boxes stay small; OFFSET 0 makes each piece ask the GiST index of the current features.
-- With "clips" no more of them is taken than lies where something changes: a flood map may have a
-- hundred thousand corners elsewhere. What is wanted whole afterwards is put in its place.
WITH piece AS MATERIALIZED (
    SELECT part.geometry
    FROM conflict_ground AS origin
    CROSS JOIN LATERAL ST_Subdivide(origin.geometry, 128) AS part(geometry)
    WHERE origin.id = ANY(%(origins)s::bigint[])
),
around AS MATERIALIZED (
    SELECT DISTINCT found.id, found.layer_id
    FROM piece
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.layer_id, feature.geometry
        FROM layers_feature AS feature
        WHERE feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(piece.geometry, %(metres)s)
          AND (
              feature.land_use_id = ANY(%(classes)s::bigint[])
              OR feature.layer_id = ANY(%(layers)s::bigint[])
          )
        OFFSET 0
    ) AS found
    WHERE found.layer_id <> ALL(%(hidden)s::bigint[])
      AND ST_DWithin(piece.geometry, found.geometry, %(metres)s)
),
place AS MATERIALIZED (  -- with a metre to spare: cutting rounds
    SELECT ST_Expand(ST_Extent(changed.geometry)::geometry, 1) AS box
    FROM conflict_ground AS changed
    WHERE changed.id = ANY(%(changed)s::bigint[])
),
grown AS (
    INSERT INTO conflict_ground (
        id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties,
        introduced_in, retired_in
    )
    SELECT
        feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
        CASE
            WHEN %(clips)s AND ST_IsValid(part.geometry)
                AND ST_Dimension(part.geometry) = ST_Dimension(feature.geometry)
                THEN part.geometry
            ELSE feature.geometry
        END,
        feature.properties, feature.introduced_in, NULL
    FROM around
    JOIN layers_feature AS feature
        ON feature.id = around.id AND feature.layer_id = around.layer_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN %(clips)s THEN ST_ClipByBox2D(feature.geometry, place.box::box2d) END
            AS geometry
        FROM place
    ) AS part
    ON CONFLICT (id) DO UPDATE
        SET geometry = EXCLUDED.geometry
        WHERE NOT %(clips)s AND conflict_ground.id <> ALL(%(changed)s::bigint[])
)
SELECT
    feature.id, feature.layer_id, feature.stable_id, feature.land_use_id, feature.lifecycle,
    ST_Dimension(feature.geometry)
FROM around
JOIN layers_feature AS feature ON feature.id = around.id AND feature.layer_id = around.layer_id
