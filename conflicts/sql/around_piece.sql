-- What of the other side lies around a "piece" of the outer side, up to "around_m" between their
-- boxes, as "around": a part of other questions. OFFSET 0 makes each piece ask a GiST index once, of
-- the chosen features or of all, and each neighbour its key; the planner cannot guess how few
-- they are.
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.layer_id, feature.geometry
        FROM conflict_pool AS feature
        WHERE %(inner_by_rows)s
          AND feature.geometry && ST_Expand(piece.geometry, %(around_m)s)
        UNION ALL
        SELECT feature.id, feature.layer_id, feature.geometry
        FROM conflict_ground AS feature
        WHERE NOT %(inner_by_rows)s
          AND feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(piece.geometry, %(around_m)s)
          AND (feature.layer_id, feature.lifecycle, coalesce(feature.land_use_id, 0)) IN (
              SELECT meant.layer_id, meant.lifecycle, meant.land_use_id
              FROM conflict_meant AS meant
              WHERE meant.selection = %(inner)s
          )
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT 1 WHERE NOT %(inner_by_rows)s
        UNION ALL
        SELECT 1
        FROM conflict_selection AS chosen
        WHERE %(inner_by_rows)s
          AND chosen.selection = %(inner)s AND chosen.feature_id = around.id AND chosen.is_sure
        OFFSET 0
    ) AS wanted
