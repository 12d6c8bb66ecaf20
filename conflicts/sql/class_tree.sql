-- A text that changes with every class of land use that is added, moved or taken away.
SELECT md5(string_agg(
    concat_ws(' ', class.id, class.parent_id, class.code), ',' ORDER BY class.id
))
FROM layers_landuseclass AS class
