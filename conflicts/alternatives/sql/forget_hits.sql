-- Makes room for what the rules find in the other state of the land.
TRUNCATE conflict_hit, conflict_untold
