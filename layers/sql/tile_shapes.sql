-- What stands in one square of a layer in one version, each with its shape in that square: used by
-- vector_tile.sql, which draws it, and by generalised/sql/fill_dense_tile.sql, which keeps it.
-- The square is given in PROJECT_SRID, so the stored column is compared as it is: the partial
-- indexes feature_current_layer_geometry and feature_past_layer_geometry serve the two branches.
-- Both branches always run: a version published meanwhile cannot tear the picture.
-- No area is left out because it is small: below a pixel it is drawn as one pixel.
WITH standing AS NOT MATERIALIZED (
    SELECT feature.id, feature.stable_id, feature.land_use_id, feature.geometry,
        feature.properties, feature.introduced_in, feature.retired_in
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NULL
      AND feature.introduced_in BETWEEN %(since)s AND %(version)s
      AND feature.geometry && ST_MakeEnvelope(
          %(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
      AND (%(classes)s::bigint[] IS NULL OR feature.land_use_id = ANY(%(classes)s::bigint[]))
      AND (%(lifecycles)s::text[] IS NULL OR feature.lifecycle = ANY(%(lifecycles)s::text[]))
      AND (%(properties)s::jsonb IS NULL OR feature.properties @> %(properties)s::jsonb)
    UNION ALL
    SELECT feature.id, feature.stable_id, feature.land_use_id, feature.geometry,
        feature.properties, feature.introduced_in, feature.retired_in
    FROM layers_feature AS feature
    WHERE feature.layer_id = %(layer_id)s
      AND feature.retired_in IS NOT NULL
      AND feature.retired_in > %(version)s
      AND feature.introduced_in BETWEEN %(since)s AND %(version)s
      AND feature.geometry && ST_MakeEnvelope(
          %(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
      AND (%(classes)s::bigint[] IS NULL OR feature.land_use_id = ANY(%(classes)s::bigint[]))
      AND (%(lifecycles)s::text[] IS NULL OR feature.lifecycle = ANY(%(lifecycles)s::text[]))
      AND (%(properties)s::jsonb IS NULL OR feature.properties @> %(properties)s::jsonb)
)
SELECT
    standing.id,
    coalesce(
        ST_AsMVTGeom(
            ST_Transform(
                CASE
                    WHEN %(pixel_m)s = 0 OR ST_Dimension(standing.geometry) = 0
                    THEN standing.geometry
                    WHEN %(widens)s AND ST_Dimension(standing.geometry) = 2 AND greatest(
                        ST_XMax(standing.geometry) - ST_XMin(standing.geometry),
                        ST_YMax(standing.geometry) - ST_YMin(standing.geometry)
                    ) < %(pixel_m)s
                    THEN ST_Expand(ST_Centroid(ST_Envelope(standing.geometry)), %(pixel_m)s / 2)
                    WHEN %(keeps_everything)s AND ST_Dimension(standing.geometry) = 2 THEN (
                        SELECT ST_CollectionExtract(ST_Collect(CASE
                            WHEN greatest(
                                ST_XMax(part.geom) - ST_XMin(part.geom),
                                ST_YMax(part.geom) - ST_YMin(part.geom)
                            ) < %(pixel_m)s
                            THEN ST_Expand(
                                ST_Centroid(ST_Envelope(part.geom)), %(pixel_m)s / 2)
                            WHEN 2 * ST_Area(part.geom)
                                < %(pixel_m)s / 2 * ST_Perimeter(part.geom)
                            THEN ST_Buffer(
                                ST_Simplify(ST_Boundary(part.geom), %(tolerance_m)s, true),
                                %(pixel_m)s / 2, 'quad_segs=1'
                            )
                            ELSE ST_Simplify(part.geom, %(tolerance_m)s, true)
                        END), 3)
                        FROM ST_Dump(standing.geometry) AS part
                    )
                    WHEN ST_NPoints(standing.geometry) <= %(few_points)s
                    THEN standing.geometry
                    ELSE ST_Simplify(standing.geometry, %(tolerance_m)s, true)
                END,
                3857
            ),
            ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, %(margin)s, true
        ),
        -- an area that vanished between the lines of the grid: one pixel instead
        CASE WHEN %(pixel_m)s > 0 AND ST_Dimension(standing.geometry) = 2 THEN ST_AsMVTGeom(
            ST_Transform(ST_Expand(
                ST_Centroid(ST_Envelope(ST_Intersection(
                    ST_Envelope(standing.geometry),
                    ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, %(srid)s)
                ))), %(pixel_m)s / 2
            ), 3857),
            ST_TileEnvelope(%(z)s, %(x)s, %(y)s), %(grid)s, %(margin)s, true
        ) END
    ) AS shape,
    standing.stable_id,
    standing.land_use_id,
    standing.properties ->> %(name_km)s AS name_km,
    standing.properties ->> %(name_en)s AS name_en,
    standing.properties ->> %(name)s AS name,
    CASE
        WHEN %(colour_property)s <> '' AND standing.properties ? %(colour_property)s
        THEN jsonb_build_object(
            %(colour_property)s::text, standing.properties -> %(colour_property)s
        )
    END AS colours,
    standing.introduced_in,
    standing.retired_in
FROM standing
-- A fence: else the planner works out each shape twice, to ask whether it is null and to return it.
OFFSET 0
