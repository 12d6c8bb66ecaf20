-- Whether something that a version took away or changed covered each of these pieces of ground
-- (feature_past_layer_geometry), in their order.
SELECT EXISTS (
    SELECT 1
    FROM layers_feature AS gone
    WHERE gone.layer_id = %(layer_id)s AND gone.retired_in = %(number)s
      AND ST_Intersects(gone.geometry, ST_GeomFromWKB(core.shape, %(srid)s))
)
FROM unnest(%(cores)s::bytea[]) WITH ORDINALITY AS core (shape, place)
ORDER BY core.place
