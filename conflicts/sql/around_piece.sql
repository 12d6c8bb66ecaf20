-- What of the other side lies around a "piece" of the outer side, up to "around_m" between their
-- boxes, as "around": a part of other questions. OFFSET 0 makes each piece ask a GiST index once, of
-- the chosen features or of all, and each neighbour its key; the planner cannot guess how few
-- they are.
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.layer_id, feature.land_use_id, feature.lifecycle, feature.geometry
        FROM conflict_pool AS feature
        WHERE %(inner_by_rows)s
          AND feature.geometry && ST_Expand(piece.geometry, %(around_m)s)
        UNION ALL
        SELECT feature.id, feature.layer_id, feature.land_use_id, feature.lifecycle, feature.geometry
        FROM conflict_ground AS feature
        WHERE NOT %(inner_by_rows)s
          AND feature.retired_in IS NULL
          AND feature.geometry && ST_Expand(piece.geometry, %(around_m)s)
        OFFSET 0
    ) AS around
    CROSS JOIN LATERAL (
        SELECT 1
        FROM conflict_meant AS meant
        WHERE NOT %(inner_by_rows)s
          AND meant.selection = %(inner)s
          AND meant.layer_id = around.layer_id
          AND meant.land_use_id = coalesce(around.land_use_id, 0)
          AND meant.lifecycle = around.lifecycle
        UNION ALL
        SELECT 1
        FROM conflict_selection AS chosen
        WHERE %(inner_by_rows)s
          AND chosen.selection = %(inner)s AND chosen.feature_id = around.id AND chosen.is_sure
        OFFSET 0
    ) AS wanted
