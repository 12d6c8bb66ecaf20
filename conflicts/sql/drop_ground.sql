-- Takes the ground of a detection away, be it the view of everything or a table of a neighbourhood.
DO $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM pg_class
        WHERE oid = to_regclass('pg_temp.conflict_ground') AND relkind = 'v'
    ) THEN
        DROP VIEW pg_temp.conflict_ground;
    ELSE
        DROP TABLE IF EXISTS pg_temp.conflict_ground;
    END IF;
END
$$
