-- The ground that a re-check looks at: what changed and what lies near it, in place of the view.
CREATE TEMPORARY TABLE conflict_ground (LIKE layers_feature, PRIMARY KEY (id)) ON COMMIT DROP
