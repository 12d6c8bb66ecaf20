"""Wiring only: settings, urls, error pages, the embedded database."""
