-- Lets the planner know how many features each selection lists.
ANALYZE conflict_selection
