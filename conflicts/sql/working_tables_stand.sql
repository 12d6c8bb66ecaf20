-- Whether this session has the working tables of a re-check, the ground among them as a table.
SELECT
    to_regclass('pg_temp.conflict_change') IS NOT NULL
    AND EXISTS (
        SELECT 1 FROM pg_class
        WHERE oid = to_regclass('pg_temp.conflict_ground') AND relkind = 'r'
    )
