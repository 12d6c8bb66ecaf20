"""Layers as they look from afar: made once for each version, kept in step with every change."""
