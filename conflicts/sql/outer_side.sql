-- The features of the side with fewer of them, surely meant: a part of other questions.
    SELECT feature.id, feature.layer_id, feature.geometry
    FROM conflict_selection AS chosen
    JOIN conflict_pool AS feature ON feature.id = chosen.feature_id
    WHERE %(outer_by_rows)s AND chosen.selection = %(outer)s AND chosen.is_sure
    UNION ALL
    SELECT feature.id, feature.layer_id, feature.geometry
    FROM conflict_meant AS meant
    JOIN conflict_ground AS feature
        ON feature.layer_id = meant.layer_id
        AND feature.lifecycle = meant.lifecycle
        AND coalesce(feature.land_use_id, 0) = meant.land_use_id
    WHERE NOT %(outer_by_rows)s AND meant.selection = %(outer)s AND feature.retired_in IS NULL
