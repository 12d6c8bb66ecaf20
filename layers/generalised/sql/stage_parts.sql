-- The parts of the features that a version brings (sign 1) or takes away (sign -1); of all that
-- stand in it with is_first. Each with its place on the web map, its extent there and the lowest
-- zoom from which it is large enough to be drawn.
-- Uses feature_introduced and feature_retired (layer_id, number).
INSERT INTO generalised_stage
WITH changed AS (
    SELECT id, land_use_id, properties, geometry, 1 AS sign
    FROM layers_feature
    WHERE layer_id = %(layer_id)s
      AND (
          (%(is_first)s AND introduced_in <= %(number)s
              AND (retired_in IS NULL OR retired_in > %(number)s))
          OR (NOT %(is_first)s AND introduced_in = %(number)s)
      )
    UNION ALL
    SELECT id, land_use_id, properties, geometry, -1
    FROM layers_feature
    WHERE NOT %(is_first)s AND layer_id = %(layer_id)s AND retired_in = %(number)s
),
parts AS (
    SELECT
        changed.id AS feature_row,
        changed.sign,
        coalesce(changed.land_use_id, 0) AS land_use_row,
        left(coalesce(changed.properties ->> %(colour_property)s, ''), 200) AS colour_value,
        part.geom AS shape,
        ST_Transform(ST_SetSRID(ST_MakePoint(
            (ST_XMin(part.geom) + ST_XMax(part.geom)) / 2,
            (ST_YMin(part.geom) + ST_YMax(part.geom)) / 2
        ), %(srid)s), 3857) AS middle,
        greatest(
            ST_XMax(part.geom) - ST_XMin(part.geom), ST_YMax(part.geom) - ST_YMin(part.geom)
        ) AS extent_m
    FROM changed
    CROSS JOIN LATERAL ST_Dump(changed.geometry) AS part
),
placed AS (
    SELECT
        parts.*,
        -- the web map stretches the ground by 1 / cos(latitude) = cosh(y / radius)
        least(%(top)s + 1, ceil(log(2.0, greatest(
            CASE WHEN ST_Dimension(shape) = 1 THEN 1 ELSE %(smallest_pixels)s END
                * %(equator_m)s / %(tile_pixels)s
                / greatest(extent_m * cosh(ST_Y(middle) / %(radius_m)s), 0.001),
            1.0
        )::numeric)))::int AS seen_from
    FROM parts
)
SELECT
    feature_row, sign, land_use_row, colour_value,
    floor((ST_X(middle) / %(equator_m)s + 0.5) * 2.0 ^ %(top)s * %(cells)s)::int AS "column",
    floor((0.5 - ST_Y(middle) / %(equator_m)s) * 2.0 ^ %(top)s * %(cells)s)::int AS "row",
    round(ST_Area(shape) * 100)::bigint AS area_dm2,
    seen_from,
    CASE WHEN seen_from <= %(top)s AND sign = 1 THEN ST_Transform(shape, 3857) END AS geometry
FROM placed
