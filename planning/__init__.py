"""The law on the land: plans, regulations, extracts, permits, reservations, sheets."""
