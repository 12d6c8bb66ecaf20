-- A table of its own for the rows of one large layer, beside layers_feature until it is attached.
-- It carries the same checks from the start; the one on layer_id spares attaching a second look.
-- What a load that broke off left under this name goes: it was never attached.
DROP TABLE IF EXISTS {table};
CREATE TABLE {table} (LIKE layers_feature INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE {table}
    ALTER COLUMN layer_id SET DEFAULT {layer_id},
    ALTER COLUMN introduced_in SET DEFAULT {number},
    ADD CONSTRAINT own_layer CHECK (layer_id = {layer_id})
