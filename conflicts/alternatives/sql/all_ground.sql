-- All the land, with the changed rows as they would stand; which of the two states counts is told by
-- the selections. Without a condition, so that every question uses the indexes of the features.
CREATE TEMPORARY VIEW conflict_ground AS
SELECT * FROM layers_feature
UNION ALL
SELECT * FROM conflict_stood;
CREATE TEMPORARY VIEW conflict_pool AS
SELECT feature.* FROM conflict_ground AS feature WHERE feature.retired_in IS NULL
