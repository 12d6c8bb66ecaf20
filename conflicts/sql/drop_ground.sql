-- Takes the ground of a detection away, be it the view of everything or a table of a neighbourhood,
-- and where features are chosen from, be it the view of all or a table of some.
DO $$
DECLARE
    name text;
    kind "char";
BEGIN
    FOREACH name IN ARRAY ARRAY['pg_temp.conflict_pool', 'pg_temp.conflict_ground'] LOOP
        SELECT relkind INTO kind FROM pg_class WHERE oid = to_regclass(name);
        IF kind = 'v' THEN
            EXECUTE 'DROP VIEW ' || name;
        ELSE
            EXECUTE 'DROP TABLE IF EXISTS ' || name;
        END IF;
    END LOOP;
END
$$
