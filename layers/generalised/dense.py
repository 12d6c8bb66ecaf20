"""Squares with so many features that their shapes are cut once, when the layer is published.

What is kept is what a tile would be drawn from anew, shape by shape: the same bytes, in a fifth of
the time. Only the tile of everything is made from it; a filter draws from the features.
"""

import hashlib

from layers.generalised.building import recipe_of
from layers.models import LayerVersion
from layers.names import name_properties
from layers.sql_files import load_sql

# Lower zooms are generalised; at higher ones a square holds few features.
DENSE_ZOOMS = (14, 15, 16)
# A square with fewer is drawn anew within 7 ms (measured: 13 microseconds for a footprint).
DENSE_FROM = 500
# What is kept is made in a new way: a new number, so that it is made anew.
DENSE_RECIPE = 2


def dense_recipe(version: LayerVersion) -> str:
    """Return what the kept shapes depend on besides the features, as a short digest."""
    names = name_properties(version)
    parts = (DENSE_RECIPE, recipe_of(version.layer), names.km, names.en, names.other)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def dense_tile_sql() -> str:
    """Return the SQL that puts a tile together from the kept shapes; no row where none are kept."""
    return load_sql(__file__, "dense_tile.sql")
