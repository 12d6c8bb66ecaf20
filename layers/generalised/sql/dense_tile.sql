-- One square of a layer as it stood in one version, from the shapes cut for it in advance.
-- No row where they are not made for this version: the question and the tile are of one moment.
-- Uses dense_tile_place and the index of layers_denseshape (tile_id).
SELECT (
    SELECT ST_AsMVT(drawn, %(slug)s, %(grid)s, 'shape', 'id')
    FROM (
        SELECT
            kept.feature_row AS id, kept.shape, kept.stable_id, class.code AS class,
            kept.name_km, kept.name_en, kept.name, kept.colours
        FROM layers_denseshape AS kept
        LEFT JOIN layers_landuseclass AS class ON class.id = kept.land_use_row
        WHERE kept.tile_id = tile.id
          AND kept.introduced_in <= %(version)s
          AND (kept.retired_in IS NULL OR kept.retired_in > %(version)s)
        ORDER BY
            CASE WHEN %(keeps_everything)s THEN kept.colours ->> %(colour_property)s END,
            kept.stable_id COLLATE "C"
    ) AS drawn
)
FROM layers_densetile AS tile
JOIN layers_denselayer AS layer ON layer.id = tile.kept_id
WHERE layer.layer_id = %(layer_id)s
  AND layer.recipe = %(recipe)s
  AND layer.last_number >= %(version)s
  AND tile.zoom = %(z)s
  AND tile."column" = %(x)s
  AND tile."row" = %(y)s
  AND tile.first_number <= %(version)s
