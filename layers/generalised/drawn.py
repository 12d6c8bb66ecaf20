"""Squares of many features, drawn when their layer is published: the tile itself is kept.

A square from afar gathers tens of thousands of rows; as long as no version changes what it shows,
it is the same tile. A version that does change it closes it, and it is drawn at the next look.
"""

import hashlib
from typing import TYPE_CHECKING, Any

from django.db import connection

from layers.generalised.dense import dense_recipe
from layers.models import LandUseClass, LayerVersion
from layers.sql_files import load_sql

if TYPE_CHECKING:
    from layers.tiles import Tile

# Farther off a square is drawn within 10 ms; closer up too.
DRAWN_ZOOMS = range(10, 15)
# Tiles are written in a new way: a new number, so that they are drawn anew.
DRAWN_RECIPE = 1


def drawn_recipe(version: LayerVersion) -> str:
    """Return what a drawn square depends on besides the features, as a short digest."""
    classes = list(LandUseClass.objects.order_by("pk").values_list("pk", "code"))
    parts = (DRAWN_RECIPE, dense_recipe(version), version.layer.slug, classes)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def kept_drawing(version: LayerVersion, tile: "Tile") -> bytes | None:
    """Return the tile of everything in a square, packed as it is sent; None where none is kept."""
    if tile.z not in DRAWN_ZOOMS:
        return None
    parameters: dict[str, Any] = {
        "layer_id": version.layer_id,
        "version": version.number,
        "dense_recipe": dense_recipe(version),
        "recipe": drawn_recipe(version),
        "zoom": tile.z,
        "column": tile.x,
        "row": tile.y,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "drawn_tile.sql"), parameters)
        row = cursor.fetchone()
    return None if row is None else bytes(row[0])
