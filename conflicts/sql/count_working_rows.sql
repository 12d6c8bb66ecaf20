-- Lets the planner know how few there are, or how many.
ANALYZE conflict_hit;
ANALYZE conflict_scope
