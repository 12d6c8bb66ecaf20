-- Look-up by an attribute that names a feature (a parcel's number), where the layer has such.
-- {is_done}: the index of words is complete and knows; before, the first rows tell.
DO $$
DECLARE
    has_labels boolean;
BEGIN
    IF {is_done} THEN
        SELECT reltuples > 0 INTO has_labels FROM pg_class WHERE oid = {words_name}::regclass;
    ELSE
        SELECT bool_or(first.properties ?| krong_label_keys()) INTO has_labels
        FROM (SELECT properties FROM {table} LIMIT 10000) AS first;
    END IF;
    IF has_labels THEN
        CREATE INDEX IF NOT EXISTS {attributes} ON {table} USING gin (properties jsonb_path_ops)
            WHERE retired_in IS NULL;
    END IF;
END $$
