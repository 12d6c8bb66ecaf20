-- Open anew what stood in an earlier version and does not stand now (feature_retired).
WITH opened AS (
    INSERT INTO layers_feature
        (layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in)
    SELECT
        earlier.layer_id, earlier.stable_id, earlier.land_use_id, earlier.lifecycle,
        earlier.geometry, earlier.properties, %(number)s
    FROM layers_feature AS earlier
    WHERE earlier.layer_id = %(layer_id)s
      AND earlier.introduced_in <= %(back_to)s
      AND earlier.retired_in > %(back_to)s
      AND NOT EXISTS (
          SELECT 1
          FROM layers_feature AS standing
          WHERE standing.layer_id = %(layer_id)s
            AND standing.stable_id = earlier.stable_id
            AND standing.retired_in IS NULL
      )
    RETURNING 1
)
SELECT count(*) FROM opened
