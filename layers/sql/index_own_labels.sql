-- Look-up by an attribute that names a feature (a parcel's number), where the layer has such.
DO $$
BEGIN
    IF (SELECT reltuples > 0 FROM pg_class WHERE oid = {words_name}::regclass) THEN
        CREATE INDEX ON {table} USING gin (properties jsonb_path_ops) WHERE retired_in IS NULL;
    END IF;
END $$;
ANALYZE {table}
