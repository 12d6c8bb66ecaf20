-- The changed rows as they would stand, to be seen among all the land.
CREATE TEMPORARY TABLE conflict_stood (LIKE layers_feature) ON COMMIT DROP;
INSERT INTO conflict_stood SELECT * FROM conflict_ground WHERE id < 0
