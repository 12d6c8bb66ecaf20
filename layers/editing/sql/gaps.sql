-- Ground beside the areas a draft changes that nothing covers once it is published:
-- `is_required` inside the extent the layer must cover; else ground an edited area gave up, or a
-- strip narrower than the reach between neighbours. A gap holds a disc as wide as the tolerance.
-- Only the neighbourhood of the edits is read (feature_current_layer_geometry).
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
examined AS MATERIALIZED (
    SELECT stable_id, before, touched, ST_Buffer(touched, %(reach_m)s) AS around
    FROM edited
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN before IS NULL THEN geometry
            WHEN geometry IS NULL THEN before
            ELSE ST_Union(before, geometry)
        END AS touched
    ) AS both_states
    WHERE touched IS NOT NULL
      AND (before IS NULL OR geometry IS NULL OR before::bytea <> geometry::bytea)
),
covered AS MATERIALIZED (
    SELECT
        examined.*,
        coalesce((
            SELECT ST_Union(ST_CollectionExtract(ST_Intersection(near.geometry, examined.around), 3))
            FROM (
                SELECT feature.geometry
                FROM layers_feature AS feature
                WHERE feature.layer_id = %(layer_id)s
                  AND feature.retired_in IS NULL
                  AND feature.geometry && examined.around
                  AND NOT EXISTS (SELECT 1 FROM edited WHERE edited.stable_id = feature.stable_id)
                UNION ALL
                SELECT edited.geometry FROM edited WHERE edited.geometry && examined.around
            ) AS near
        ), ST_SetSRID('POLYGON EMPTY'::geometry, %(srid)s)) AS cover
    FROM examined
),
demanded AS (
    SELECT must_cover FROM layers_layertopology WHERE layer_id = %(layer_id)s
),
open_ground AS (
    SELECT
        covered.stable_id, true AS is_required,
        ST_Difference(ST_Intersection(covered.around, demanded.must_cover), covered.cover) AS ground
    FROM covered
    CROSS JOIN demanded
    WHERE demanded.must_cover IS NOT NULL
    UNION ALL
    SELECT stable_id, false, ST_Difference(before, cover)
    FROM covered
    WHERE before IS NOT NULL
    UNION ALL
    -- mitred joins leave the corners of a block as they are: only narrow places close
    SELECT stable_id, false, ST_Difference(
        ST_Buffer(
            ST_Buffer(cover, %(reach_m)s / 2, 'join=mitre'), -%(reach_m)s / 2, 'join=mitre'
        ), cover)
    FROM covered
),
pieces AS (
    SELECT stable_id, is_required, (ST_Dump(ST_CollectionExtract(ground, 3))).geom AS piece
    FROM open_ground
),
near_pieces AS MATERIALIZED (
    SELECT pieces.*
    FROM pieces
    JOIN covered USING (stable_id)
    WHERE ST_DWithin(pieces.piece, covered.touched, %(tolerance_m)s)
      AND NOT ST_IsEmpty(ST_Buffer(pieces.piece, -%(tolerance_m)s / 2))
),
required AS (
    SELECT true AS is_required, (ST_Dump(ST_Union(piece))).geom AS piece
    FROM near_pieces
    WHERE is_required
),
others AS (
    SELECT false AS is_required, (ST_Dump(ST_Difference(
        ST_Union(near_pieces.piece),
        coalesce((SELECT must_cover FROM demanded), ST_SetSRID('POLYGON EMPTY'::geometry, %(srid)s))
    ))).geom AS piece
    FROM near_pieces
    WHERE NOT near_pieces.is_required
)
SELECT
    (SELECT min(stable_id) FROM near_pieces WHERE ST_Intersects(near_pieces.piece, gap.piece)),
    gap.is_required,
    ST_AsBinary(gap.piece),
    ST_AsBinary(ST_PointOnSurface(ST_Buffer(gap.piece, -%(tolerance_m)s / 2))),
    ST_Area(gap.piece) AS area_m2
FROM (SELECT * FROM required UNION ALL SELECT * FROM others) AS gap
WHERE NOT ST_IsEmpty(ST_Buffer(gap.piece, -%(tolerance_m)s / 2))
ORDER BY area_m2 DESC, 1, 3
