"""How Khmer pages write numbers and dates."""
