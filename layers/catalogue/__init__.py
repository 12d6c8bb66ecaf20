"""The catalogue: every layer found, described, looked into and handed on."""
