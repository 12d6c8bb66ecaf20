-- The ground that a detection looks at: everything. A re-check puts a table of the neighbourhood of
-- what changed in its place (create_ground_table.sql), and asks the same questions of it.
CREATE OR REPLACE TEMPORARY VIEW conflict_ground AS SELECT * FROM layers_feature
