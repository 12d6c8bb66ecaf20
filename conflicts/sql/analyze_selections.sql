-- Lets the planner know how many features each selection lists, and how many likenesses.
ANALYZE conflict_selection;
ANALYZE conflict_meant
