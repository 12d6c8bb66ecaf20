"""The life of findings: who decided what and why, and how long that holds."""
