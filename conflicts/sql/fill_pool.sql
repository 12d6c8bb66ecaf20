-- In a full detection: the features that stand as rows in conflict_selection, in place of the view of
-- all, with a spatial index of their own. Those meant in their thousands are not among them.
DROP VIEW conflict_pool;
CREATE TEMPORARY TABLE conflict_pool ON COMMIT DROP AS
SELECT feature.*
FROM conflict_ground AS feature
WHERE feature.id IN (SELECT chosen.feature_id FROM conflict_selection AS chosen)
  AND feature.retired_in IS NULL;
ALTER TABLE conflict_pool ADD PRIMARY KEY (id);
CREATE INDEX conflict_pool_geometry ON conflict_pool USING gist (geometry);
ANALYZE conflict_pool
