"""Which services people reach along the streets, what they lack, and where."""
