-- Where areas that came with one version share ground with others of the layer: pairs whose shared
-- ground holds a disc as wide as the tolerance. `is_new` tells what that version made from what
-- stood before. It stops at `most` pairs: a file may stack all its areas on one place.
-- Each area looks only at its neighbours (feature_current_layer_geometry).
WITH arrived AS MATERIALIZED (
    SELECT stable_id, geometry
    FROM layers_feature
    WHERE layer_id = %(layer_id)s AND retired_in IS NULL AND introduced_in = %(number)s
),
pairs AS MATERIALIZED (
    SELECT arrived.stable_id, near.stable_id AS other, near.is_unchanged, shared.ground
    FROM arrived
    CROSS JOIN LATERAL (
        SELECT feature.stable_id, feature.geometry,
            feature.introduced_in <> %(number)s AS is_unchanged
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(layer_id)s
          AND feature.retired_in IS NULL
          AND feature.geometry && arrived.geometry
        OFFSET 0  -- the index inside
    ) AS near
    CROSS JOIN LATERAL (
        SELECT ST_CollectionExtract(ST_Intersection(arrived.geometry, near.geometry), 3) AS ground
        OFFSET 0  -- cut each pair once, not once per mention
    ) AS shared
    WHERE near.stable_id <> arrived.stable_id
      AND (near.is_unchanged OR near.stable_id > arrived.stable_id)
      AND ST_Area(shared.ground) > 0
      AND NOT ST_IsEmpty(ST_Buffer(shared.ground, -%(tolerance_m)s / 2))
    LIMIT %(most)s
)
SELECT
    pairs.stable_id,
    pairs.other,
    ST_Area(pairs.ground) AS area_m2,
    ST_X(ST_PointOnSurface(ST_Buffer(pairs.ground, -%(tolerance_m)s / 2))) AS east_m,
    ST_Y(ST_PointOnSurface(ST_Buffer(pairs.ground, -%(tolerance_m)s / 2))) AS north_m,
    coalesce(NOT ST_IsEmpty(ST_Buffer(
        ST_Difference(pairs.ground, ST_Intersection(before.geometry, other_before.geometry)),
        -%(tolerance_m)s / 2
    )), true) AS is_new
FROM pairs
LEFT JOIN layers_feature AS before
    ON before.layer_id = %(layer_id)s AND before.retired_in = %(number)s
   AND before.stable_id = pairs.stable_id
LEFT JOIN layers_feature AS other_before
    ON other_before.layer_id = %(layer_id)s AND other_before.stable_id = pairs.other
   AND ((pairs.is_unchanged AND other_before.retired_in IS NULL)
        OR (NOT pairs.is_unchanged AND other_before.retired_in = %(number)s))
ORDER BY area_m2 DESC, pairs.stable_id, pairs.other
