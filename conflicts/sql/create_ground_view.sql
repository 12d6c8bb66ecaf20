-- The ground that a detection looks at: everything. A re-check puts a table of the neighbourhood of
-- what changed in its place (create_ground_table.sql), and asks the same questions of it.
-- Where features are chosen from, one by one, unless fill_pool.sql narrows it: all current ones.
CREATE OR REPLACE TEMPORARY VIEW conflict_ground AS SELECT * FROM layers_feature;
CREATE TEMPORARY VIEW conflict_pool AS
SELECT feature.* FROM conflict_ground AS feature WHERE feature.retired_in IS NULL
