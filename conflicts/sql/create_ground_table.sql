-- The ground that a re-check looks at: what changed and what lies near it, in place of the view.
CREATE TEMPORARY TABLE conflict_ground (LIKE layers_feature, PRIMARY KEY (id));
CREATE TEMPORARY VIEW conflict_pool AS
SELECT feature.* FROM conflict_ground AS feature WHERE feature.retired_in IS NULL
