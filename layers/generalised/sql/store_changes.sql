-- Close the cells and parts that a version changes and add what stands from then on.
-- Uses generalised_cell_current and generalised_part_current.
WITH closed AS (
    UPDATE layers_generalisedcell AS cell
    SET retired_in = %(number)s
    FROM generalised_delta AS delta
    WHERE NOT %(is_first)s
      AND cell.layer_id = %(layer_id)s
      AND cell.retired_in IS NULL
      AND cell.zoom = delta.zoom
      AND cell."column" = delta."column"
      AND cell."row" = delta."row"
      AND cell.land_use_row = delta.land_use_row
      AND cell.colour_value = delta.colour_value
    RETURNING cell.*
)
INSERT INTO layers_generalisedcell (
    layer_id, zoom, "column", "row", land_use_row, colour_value, part_count, area_dm2, introduced_in
)
SELECT
    %(layer_id)s, zoom, "column", "row", land_use_row, colour_value,
    delta.part_count + coalesce(closed.part_count, 0),
    delta.area_dm2 + coalesce(closed.area_dm2, 0),
    %(number)s
FROM generalised_delta AS delta
LEFT JOIN closed USING (zoom, "column", "row", land_use_row, colour_value)
WHERE delta.part_count + coalesce(closed.part_count, 0) > 0;
UPDATE layers_generalisedpart AS part
SET retired_in = %(number)s
FROM (SELECT DISTINCT feature_row FROM generalised_stage WHERE sign = -1) AS gone
WHERE part.layer_id = %(layer_id)s
  AND part.retired_in IS NULL
  AND part.feature_row = gone.feature_row;
INSERT INTO layers_generalisedpart (layer_id, zoom, feature_row, geometry, introduced_in)
SELECT %(layer_id)s, zoom, feature_row, geometry, %(number)s
FROM generalised_shape
WHERE NOT ST_IsEmpty(geometry);
TRUNCATE generalised_stage, generalised_delta, generalised_shape;
