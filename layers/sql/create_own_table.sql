-- A table of its own for the rows of one large layer, beside layers_feature until it is attached.
-- It carries the same checks from the start; the one on layer_id spares attaching a second look.
-- What a load that broke off left under this name goes: it was never attached.
DROP TABLE IF EXISTS {table};
CREATE TABLE {table} (LIKE layers_feature INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE {table}
    ALTER COLUMN layer_id SET DEFAULT {layer_id},
    ALTER COLUMN introduced_in SET DEFAULT {number},
    ADD CONSTRAINT own_layer CHECK (layer_id = {layer_id});
-- The first rows belong to none of these: made now, they cost nothing; made after the rows, each
-- would look through all of them.
CREATE INDEX {past_geometry} ON {table} USING gist (geometry) WHERE retired_in IS NOT NULL;
CREATE INDEX {past_class} ON {table} (land_use_id) WHERE retired_in IS NOT NULL;
CREATE INDEX {retired} ON {table} (retired_in) WHERE retired_in IS NOT NULL;
-- what later versions add: all else came with the first
CREATE INDEX {introduced} ON {table} (introduced_in) WHERE introduced_in > {number}
