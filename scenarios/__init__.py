"""What if: events, climate, runs and what they publish; the solver is in ``flood``."""
