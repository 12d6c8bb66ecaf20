-- Empties the working tables that a session keeps from one re-check to the next, whichever there are:
-- few rows each, so that deleting them costs less than truncating.
DO $$
DECLARE
    kept regclass;
BEGIN
    FOR kept IN
        SELECT relation.oid
        FROM pg_class AS relation
        WHERE relation.relnamespace = pg_my_temp_schema()
          AND relation.relkind = 'r'
          AND starts_with(relation.relname, 'conflict_')
        ORDER BY relation.relname
    LOOP
        EXECUTE format('DELETE FROM %%s', kept);
    END LOOP;
END
$$
