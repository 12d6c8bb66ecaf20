"""Siting: the rule book asked backwards, where a use may go."""
