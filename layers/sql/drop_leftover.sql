-- Remove a table that a load left behind when it broke off: no load holds its lock, and once that
-- is certain it is still not attached.
DO $$
BEGIN
    IF pg_try_advisory_xact_lock({lock_family}, {layer_id}) AND NOT EXISTS (
        SELECT 1 FROM pg_inherits WHERE inhrelid = to_regclass({table_name})
    ) THEN
        DROP TABLE IF EXISTS {table};
    END IF;
END $$
