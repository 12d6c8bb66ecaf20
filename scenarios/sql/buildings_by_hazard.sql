-- How many current features of a layer stand in each hazard class, by land-use class: each
-- feature once, in the worst class it touches. Both geometries are stored in PROJECT_SRID; the few
-- zones drive, features are found by feature_current_layer_geometry (GiST on layer_id, geometry).
WITH worst AS MATERIALIZED (
    SELECT exposed.id, exposed.land_use_id, max(zone.properties ->> 'hazard_class') AS hazard_class
    FROM layers_feature AS zone
    CROSS JOIN LATERAL (
        SELECT feature.id, feature.land_use_id
        FROM layers_feature AS feature
        WHERE feature.layer_id = %(exposed_layer_id)s
          AND feature.retired_in IS NULL
          AND ST_Intersects(feature.geometry, zone.geometry)
        OFFSET 0  -- keep the big polygons outside
    ) AS exposed
    WHERE zone.layer_id = %(hazard_layer_id)s
      AND zone.retired_in IS NULL
    GROUP BY exposed.id, exposed.land_use_id
)
SELECT coalesce(class.code, ''), worst.hazard_class, count(*)
FROM worst
LEFT JOIN layers_landuseclass AS class ON class.id = worst.land_use_id
GROUP BY coalesce(class.code, ''), worst.hazard_class
ORDER BY 1, 2
