"""Words and numbers of planning in templates."""
