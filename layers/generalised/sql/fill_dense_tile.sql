-- Keep the shapes of a square that stand in a version and came in %(since)s or later.
INSERT INTO layers_denseshape (
    tile_id, feature_row, shape, stable_id, land_use_row, name_km, name_en, name, colours,
    introduced_in, retired_in
)
SELECT
    %(tile_id)s, id, shape, stable_id, land_use_id, name_km, name_en, name, colours,
    introduced_in, retired_in
FROM (
{shapes}
) AS shaped
WHERE shape IS NOT NULL
ORDER BY stable_id COLLATE "C"
