-- All features that surely are subjects: a part of other questions.
    SELECT feature.*
    FROM conflict_selection AS chosen
    JOIN conflict_pool AS feature ON feature.id = chosen.feature_id
    WHERE %(subject_by_rows)s AND chosen.selection = %(subject)s AND chosen.is_sure
    UNION ALL
    SELECT feature.*
    FROM conflict_meant AS meant
    JOIN conflict_ground AS feature
        ON feature.layer_id = meant.layer_id
        AND feature.lifecycle = meant.lifecycle
        AND coalesce(feature.land_use_id, 0) = meant.land_use_id
    WHERE NOT %(subject_by_rows)s AND meant.selection = %(subject)s AND feature.retired_in IS NULL
