"""Draw the squares that take long, once for all the versions in which they stay the same."""

from typing import Any

from django.contrib.gis.geos import Polygon
from django.db import connection, transaction

from layers.crs import PROJECT_SRID
from layers.generalised.building import is_kept
from layers.generalised.dense import dense_recipe
from layers.generalised.drawn import DRAWN_ZOOMS, drawn_recipe
from layers.generalised.filling import lock_dense_squares
from layers.generalised.models import DenseLayer, DrawnTile
from layers.legend import look_of
from layers.models import Layer, LayerVersion
from layers.sql_files import load_sql
from layers.tiles import Tile, as_sent, drawn_tile, ground_extent, is_heavy

# Squares from afar with fewer cells are drawn within 10 ms.
CELLS_FROM = 4_000
# A shape from afar may be widened by half a pixel beyond its feature.
_WIDENED_PIXELS = 2


def draw_squares(layer: Layer) -> int:
    """Draw what is not kept of the squares of a layer's published version; return how many.

    Nothing is drawn of a layer whose tiles carry labels, or before its dense squares are filled;
    it ends early when these follow a newer version. Each square is stored as soon as it is drawn.
    """
    layer = Layer.objects.get(pk=layer.pk)
    _rank, look = look_of(layer)
    if layer.published_number is None or look.has_label:
        return 0
    newest = layer.versions.select_related("layer").get(number=layer.published_number)
    if not is_heavy(newest):
        return 0
    recipe = drawn_recipe(newest)
    DrawnTile.objects.filter(kept__layer=layer).exclude(recipe=recipe).delete()
    squares = _squares_to_draw(newest, recipe)
    return sum(_draw(newest, recipe, tile) for tile in squares)


def _squares_to_draw(version: LayerVersion, recipe: str) -> list[Tile]:
    parameters: dict[str, Any] = {
        "layer_id": version.layer_id,
        "recipe": recipe,
        "has_low_zooms": is_kept(version),
        "lowest": min(DRAWN_ZOOMS),
        "highest": max(DRAWN_ZOOMS),
        "least": CELLS_FROM,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "squares_to_draw.sql"), parameters)
        return [Tile(*place) for place in cursor.fetchall()]


@transaction.atomic
def _draw(version: LayerVersion, recipe: str, tile: Tile) -> bool:
    """Draw one square while nobody brings the dense squares to another version."""
    lock_dense_squares(version.layer)
    kept = DenseLayer.objects.filter(
        layer=version.layer_id, recipe=dense_recipe(version), last_number=version.number
    ).first()
    ground = ground_extent(tile)
    if kept is None or ground is None or _is_drawn(kept, tile):
        return False
    west, south, east, north = ground
    more = _WIDENED_PIXELS * tile.pixel_m
    square = Polygon.from_bbox((west - more, south - more, east + more, north + more))
    square.srid = PROJECT_SRID
    DrawnTile.objects.create(
        kept=kept,
        recipe=recipe,
        zoom=tile.z,
        column=tile.x,
        row=tile.y,
        square=square,
        content=as_sent(drawn_tile(version, tile)),
        introduced_in=version.number,
    )
    return True


def _is_drawn(kept: DenseLayer, tile: Tile) -> bool:
    return kept.drawings.filter(
        zoom=tile.z, column=tile.x, row=tile.y, retired_in=None
    ).exists()  # fmt: skip
