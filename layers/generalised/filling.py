"""Cut the shapes of dense squares, and keep them in step with each version.

Shapes live from version to version as features do, so that earlier versions stay as they were and
a change costs what changed. A square that is not kept, or not yet, is drawn from the features.
"""

from collections.abc import Iterator
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db import connection, transaction

from layers.crs import PROJECT_SRID
from layers.generalised.dense import DENSE_FROM, DENSE_ZOOMS, dense_recipe
from layers.generalised.models import DenseLayer, DenseTile
from layers.models import Layer, LayerVersion
from layers.sql_files import load_sql
from layers.tiles import (
    WEB_EQUATOR_M,
    Tile,
    ground_extent,
    sql_with_shapes,
    tile_parameters,
)

_LOCK_FAMILY = 0x4B44  # "KD": keeps these locks apart from any other numbers


def is_filled(version: LayerVersion) -> bool:
    """Tell whether what is kept of a layer's dense squares reaches up to this version."""
    kept = DenseLayer.objects.filter(
        layer=version.layer_id, recipe=dense_recipe(version), last_number__gte=version.number
    )
    return kept.exists()


def was_filled(version: LayerVersion) -> bool:
    """Tell whether the dense squares of a layer were kept for any version in this manner."""
    return DenseLayer.objects.filter(layer=version.layer_id, recipe=dense_recipe(version)).exists()


@transaction.atomic
def fill_dense_tiles(layer: Layer) -> int:
    """Bring the dense squares of a layer up to its published version; return how many versions.

    One at a time does it; others wait and find it done. Either all of it is stored or nothing.
    """
    layer = Layer.objects.get(pk=layer.pk)
    if layer.published_number is None:
        return 0
    newest = layer.versions.get(number=layer.published_number)
    lock_dense_squares(layer)
    recipe = dense_recipe(newest)
    kept = DenseLayer.objects.filter(layer=layer, recipe=recipe).first()
    if kept is None:
        _start_anew(newest, recipe)
        return 1
    numbers = range(kept.last_number + 1, newest.number + 1)
    for version in layer.versions.filter(number__in=numbers).order_by("number"):
        _add_version(kept, version)
    DenseLayer.objects.filter(pk=kept.pk).update(last_number=max(newest.number, kept.last_number))
    return len(numbers)


def lock_dense_squares(layer: Layer) -> None:
    """Have what is kept of a layer's dense squares for this transaction alone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_FAMILY, layer.pk])


def _start_anew(version: LayerVersion, recipe: str) -> None:
    DenseLayer.objects.filter(layer=version.layer).delete()
    kept = DenseLayer.objects.create(layer=version.layer, recipe=recipe, last_number=version.number)
    for tile in _squares_with_middles(version, since=0, least=DENSE_FROM):
        _keep(kept, tile, version)


def _add_version(kept: DenseLayer, version: LayerVersion) -> None:
    """Close what a version takes away, add what it brings, keep the squares it makes dense."""
    parameters = {
        "layer_id": version.layer_id, "kept_id": kept.pk, "number": version.number
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "close_dense_shapes.sql"), parameters)
        cursor.execute(load_sql(__file__, "close_drawn_tiles.sql"), parameters)
        cursor.execute(load_sql(__file__, "touched_dense_tiles.sql"), parameters)
        touched = cursor.fetchall()
    for pk, zoom, column, row in touched:
        _fill(pk, Tile(zoom, column, row), version, since=version.number)
    known = set(kept.tiles.values_list("zoom", "column", "row"))
    for tile in _squares_with_middles(version, since=version.number, least=1):
        if (tile.z, tile.x, tile.y) not in known and _standing(tile, version) >= DENSE_FROM:
            _keep(kept, tile, version)


def _squares_with_middles(version: LayerVersion, *, since: int, least: int) -> Iterator[Tile]:
    """Yield the squares in which at least so many features lie that came since a version."""
    parameters = {
        "layer_id": version.layer_id,
        "since": since,
        "version": version.number,
        "least": least,
        "srid": PROJECT_SRID,
        "equator_m": WEB_EQUATOR_M,
    }
    for zoom in DENSE_ZOOMS:
        with connection.cursor() as cursor:
            cursor.execute(load_sql(__file__, "count_middles.sql"), parameters | {"zoom": zoom})
            places = cursor.fetchall()
        yield from (Tile(zoom, column, row) for column, row in places)


def _standing(tile: Tile, version: LayerVersion) -> int:
    ground = ground_extent(tile)
    if ground is None:
        return 0
    with connection.cursor() as cursor:
        parameters = tile_parameters(version, tile, ground)
        cursor.execute(load_sql(__file__, "count_standing.sql"), parameters)
        return int(cursor.fetchone()[0])


def _keep(kept: DenseLayer, tile: Tile, version: LayerVersion) -> None:
    """Keep a square from this version on, with all that stands in it."""
    ground = ground_extent(tile)
    if ground is None:
        return
    square = Polygon.from_bbox(ground)
    square.srid = PROJECT_SRID
    made = DenseTile.objects.create(
        kept=kept,
        zoom=tile.z,
        column=tile.x,
        row=tile.y,
        square=square,
        first_number=version.number,
    )
    _fill(made.pk, tile, version, since=0)


def _fill(pk: int, tile: Tile, version: LayerVersion, *, since: int) -> None:
    ground = ground_extent(tile)
    if ground is None:
        return
    more: dict[str, Any] = {"tile_id": pk, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(
            sql_with_shapes(load_sql(__file__, "fill_dense_tile.sql")),
            tile_parameters(version, tile, ground) | more,
        )
