"""The rule book itself: built from the reference tables, kept in versions, compared, edited."""
