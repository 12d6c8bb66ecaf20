"""Changing layers: drafts, checks, publication, the past, and where a layer was surveyed."""
