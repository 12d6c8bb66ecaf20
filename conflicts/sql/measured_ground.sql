-- What each of the "paired" shares, as "shared": areas by square metres, lines by metres, points by
-- one place, and from which measure on it is more than a sliver: a part of other questions.
shared AS MATERIALIZED (
    SELECT
        subject.id AS subject_row,
        object.id AS object_row,
        subject_layer.slug AS subject_layer,
        subject.stable_id AS subject_id,
        object_layer.slug AS object_layer,
        object.stable_id AS object_id,
        subject.properties AS subject_properties,
        object.properties AS object_properties,
        ST_Multi(ST_CollectionExtract(paired.geometry, shape.dimension + 1)) AS geometry,
        shape.dimension,
        CASE
            WHEN shape.dimension = 2 THEN ST_Area(ST_CollectionExtract(paired.geometry, 3))
            WHEN ST_Relate(subject.geometry, object.geometry, 'T********')
                THEN CASE WHEN shape.dimension = 1 THEN ST_Length(paired.geometry) ELSE 1 END
            ELSE 0
        END AS measure,
        least(
            %(min_overlap_m2)s,
            CASE WHEN shape.dimension = 2
                THEN least(ST_Area(subject.geometry), ST_Area(object.geometry)) / 2
            END
        ) AS least_measure,
        ST_Area(subject.geometry) AS subject_m2
    FROM paired
    JOIN conflict_ground AS subject ON subject.id = paired.subject_row
    JOIN conflict_ground AS object ON object.id = paired.object_row
    JOIN layers_layer AS subject_layer ON subject_layer.id = subject.layer_id
    JOIN layers_layer AS object_layer ON object_layer.id = object.layer_id
    CROSS JOIN LATERAL (
        -- the most that two such shapes can share: areas an area, a line and an area a line
        SELECT least(
            greatest(ST_Dimension(paired.geometry), 0),
            ST_Dimension(subject.geometry),
            ST_Dimension(object.geometry)
        ) AS dimension
    ) AS shape
    WHERE shape.dimension = least(ST_Dimension(subject.geometry), ST_Dimension(object.geometry))
       OR (ST_Dimension(subject.geometry) = 1 AND ST_Dimension(object.geometry) = 1)
),
