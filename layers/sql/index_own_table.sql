-- The indexes of one large layer, each built at once over all its rows, the slowest first. As it is
-- the only layer in its table, layer_id leads none of them.
CREATE INDEX {current_geometry} ON {table} USING gist (geometry) WHERE retired_in IS NULL;
-- only features with a name or number of their own are found by their words
CREATE INDEX {words} ON {table} USING gin (krong_search_text(stable_id, properties) gin_trgm_ops)
    WHERE retired_in IS NULL AND properties ?| krong_label_keys();
-- an identifier stands once in a version, as in layers_feature_common
CREATE UNIQUE INDEX {current_once} ON {table} (stable_id) WHERE retired_in IS NULL;
-- an identifier is found from its beginning, whatever the case
CREATE INDEX {current_beginning} ON {table} (lower(stable_id) text_pattern_ops)
    WHERE retired_in IS NULL;
CREATE UNIQUE INDEX {row} ON {table} (id);
CREATE INDEX {current_class} ON {table} (land_use_id) WHERE retired_in IS NULL
