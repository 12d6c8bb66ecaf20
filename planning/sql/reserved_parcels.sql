-- What a reservation takes of each published parcel, largest first, and how much of it lies on any
-- parcel at all (counted once). Parcels that only touch it share no area and are not listed.
-- Uses feature_current_layer_geometry.
WITH shared AS MATERIALIZED (
    SELECT
        parcel.stable_id,
        parcel.properties,
        ST_Area(parcel.geometry) AS mapped_area_m2,
        ST_CollectionExtract(ST_Intersection(parcel.geometry, land.geometry), 3) AS geometry
    FROM (SELECT ST_GeomFromEWKB(%(outline)s) AS geometry) AS land
    JOIN layers_feature AS parcel ON ST_Intersects(parcel.geometry, land.geometry)
    WHERE parcel.layer_id = %(layer_id)s AND parcel.retired_in IS NULL
)
SELECT
    stable_id,
    properties,
    mapped_area_m2,
    ST_Area(geometry) AS affected_area_m2,
    (SELECT coalesce(ST_Area(ST_Union(geometry)), 0) FROM shared) AS covered_area_m2
FROM shared
WHERE ST_Area(geometry) > 0
ORDER BY affected_area_m2 DESC, stable_id
