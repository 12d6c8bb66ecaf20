"""What is printed: shapes as paths in millimetres, and the fonts that set Khmer and Latin."""
