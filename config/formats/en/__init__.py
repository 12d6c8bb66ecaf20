"""How English pages write numbers and dates."""
