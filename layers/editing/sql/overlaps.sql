-- Where areas that a draft changes share ground with their neighbours, as the draft leaves them:
-- pairs whose shared ground holds a disc as wide as the tolerance. Narrower strips are the same
-- border drawn twice. Only the neighbourhood of the edits is read
-- (feature_current_layer_geometry); `is_new` tells what the draft makes from what stood before.
WITH edited AS MATERIALIZED (
    SELECT edit.stable_id, edit.geometry, standing.geometry AS before
    FROM layers_draftedit AS edit
    LEFT JOIN LATERAL (
        SELECT feature.geometry
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(layer_id)s
          AND feature.stable_id = edit.stable_id
          AND feature.retired_in IS NULL
    ) AS standing ON true
    WHERE edit.draft_id = %(draft_id)s AND edit.is_latest AND edit.action <> 'withdraw'
),
moved AS MATERIALIZED (
    SELECT * FROM edited
    WHERE geometry IS NOT NULL
      AND (before IS NULL OR before::bytea <> geometry::bytea)
),
pairs AS MATERIALIZED (
    SELECT
        moved.stable_id, near.stable_id AS other,
        ST_CollectionExtract(ST_Intersection(moved.geometry, near.geometry), 3) AS shared,
        moved.before, near.geometry AS other_before
    FROM moved
    CROSS JOIN LATERAL (
        SELECT feature.stable_id, feature.geometry
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(layer_id)s
          AND feature.retired_in IS NULL
          AND feature.geometry && moved.geometry
          AND NOT EXISTS (SELECT 1 FROM edited WHERE edited.stable_id = feature.stable_id)
        OFFSET 0  -- few moved areas outside, the index inside
    ) AS near
    WHERE ST_Intersects(moved.geometry, near.geometry)
    UNION ALL
    SELECT
        moved.stable_id, other.stable_id,
        ST_CollectionExtract(ST_Intersection(moved.geometry, other.geometry), 3),
        moved.before, other.before
    FROM moved
    JOIN edited AS other ON other.geometry && moved.geometry
    WHERE ST_Intersects(moved.geometry, other.geometry)
      AND other.stable_id <> moved.stable_id
      AND (other.stable_id > moved.stable_id
           OR NOT EXISTS (SELECT 1 FROM moved AS twin WHERE twin.stable_id = other.stable_id))
),
wide AS MATERIALIZED (
    SELECT *
    FROM pairs
    WHERE NOT ST_IsEmpty(ST_Buffer(shared, -%(tolerance_m)s / 2))
)
SELECT
    stable_id,
    other,
    ST_AsBinary(shared),
    ST_AsBinary(ST_PointOnSurface(ST_Buffer(shared, -%(tolerance_m)s / 2))),
    ST_Area(shared) AS area_m2,
    coalesce(NOT ST_IsEmpty(ST_Buffer(
        ST_Difference(shared, ST_Intersection(before, other_before)), -%(tolerance_m)s / 2
    )), true) AS is_new
FROM wide
ORDER BY area_m2 DESC, stable_id, other
