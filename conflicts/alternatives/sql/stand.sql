-- Lets features stand on the ground as they would be published.
INSERT INTO conflict_ground (
    id, layer_id, stable_id, land_use_id, lifecycle, geometry, properties, introduced_in, retired_in
)
SELECT
    given.id, given.layer_id, given.stable_id, given.land_use_id, given.lifecycle,
    ST_GeomFromWKB(given.shape, %(srid)s), %(properties)s::jsonb -> (given.place::integer - 1),
    1, NULL
FROM ROWS FROM (
    unnest(%(rows)s::bigint[]), unnest(%(layers)s::bigint[]), unnest(%(names)s::text[]),
    unnest(%(land_uses)s::bigint[]), unnest(%(lifecycles)s::text[]), unnest(%(shapes)s::bytea[])
) WITH ORDINALITY
    AS given(id, layer_id, stable_id, land_use_id, lifecycle, shape, place)
