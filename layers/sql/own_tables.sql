-- Tables made for one layer, and whether they belong to layers_feature.
SELECT
    substring(own.relname FROM '^layers_feature_(\d+)$')::bigint AS layer_id,
    EXISTS (
        SELECT 1 FROM pg_inherits AS attached
        WHERE attached.inhrelid = own.oid AND attached.inhparent = 'layers_feature'::regclass
    ) AS is_attached
FROM pg_class AS own
WHERE own.relkind = 'r'
  AND own.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'layers_feature'::regclass)
  AND own.relname ~ '^layers_feature_\d+$'
ORDER BY layer_id
