"""The rule book, the detector, and the findings with their life."""
