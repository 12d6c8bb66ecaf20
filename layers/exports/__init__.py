"""Layers handed on: any layer or selection as a file that says what it is and who made it."""
