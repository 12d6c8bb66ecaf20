-- Takes the working tables of a detection away, whichever there are.
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
        EXECUTE format('DROP TABLE %%s', kept);
    END LOOP;
END
$$
