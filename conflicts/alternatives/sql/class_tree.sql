-- A text that changes with every class of land use that is added, moved, renamed or taken away, and the
-- codes of the classes by their rows.
SELECT
    md5(string_agg(
        ROW(class.id, class.parent_id, class.code, class.name_km, class.name_en)::text,
        ',' ORDER BY class.id
    )),
    jsonb_object_agg(class.id, class.code)::text
FROM layers_landuseclass AS class
