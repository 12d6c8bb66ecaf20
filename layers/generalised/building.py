"""Make what a layer shows at low zooms, and keep it in step with each version.

What is large enough at a zoom is kept simplified; what is too small is counted in cells of four
pixels by class and colour, so that nothing vanishes from the map. Rows live from version to
version like features do: a change costs what changed, and earlier versions stay as they were.
"""

import math
from typing import Any

from django.db import connection, transaction

from layers.crs import PROJECT_SRID
from layers.generalised.models import GeneralisedCell, GeneralisedLayer, GeneralisedPart
from layers.legend import theme_of
from layers.models import Layer, LayerVersion
from layers.prepared import rows_of
from layers.sql_files import load_sql

TOP_ZOOM, BOTTOM_ZOOM = 13, 6
TILE_PIXELS = 512
CELL_PIXELS = 4
CELLS_PER_TILE = TILE_PIXELS // CELL_PIXELS
# An area narrower than this is counted in a cell instead of drawn [pixels]; of hazards and zones
# everything down to one cell is drawn in its own shape.
SMALLEST_PIXELS, SMALLEST_PIXELS_OF_ALL = 8, CELL_PIXELS
GRID_CELLS = 4096  # of a vector tile
# Up to this zoom the lines of a class are one shape.
JOINED_LINES_ZOOM = 11
RADIUS_M = 6_378_137.0  # of the sphere of web maps
EQUATOR_M = 2 * math.pi * RADIUS_M
# What is made here is made in a new way: a new number, so that what is kept is made anew.
RECIPE = 1


# Of these themes the map never hides a part because it is small: a map without it says "all clear".
KEPT_THEMES = frozenset({"plan", "reservation", "hazard"})


def keeps_everything(layer: Layer) -> bool:
    """Tell whether even the smallest area of a layer stays at least one pixel on the map."""
    return theme_of(layer).code in KEPT_THEMES


def recipe_of(layer: Layer) -> str:
    """Return what the kept shapes depend on besides the features."""
    return f"{RECIPE}/{keeps_everything(layer):d}/{colour_property(layer)}"[:80]


def colour_property(layer: Layer) -> str:
    """Return the property whose value colours the features of a layer, empty for the class."""
    return str(layer.attribute_schema.get("colours", {}).get("property") or "")


def is_kept(version: LayerVersion) -> bool:
    """Tell whether the low zooms of this version are made and up to date."""
    given = {
        "layer_id": ("bigint", version.layer_id),
        "recipe": ("varchar", recipe_of(version.layer)),
        "number": ("int", version.number),
    }
    return bool(rows_of("krong_low_zooms", load_sql(__file__, "low_zooms_kept.sql"), given))


@transaction.atomic
def generalise(layer: Layer) -> int:
    """Bring the low zooms of a layer up to its published version; return how many versions.

    The first time everything is made, later only what the versions since then changed. One at a
    time does it; others wait and find it done. Either all of it is stored or nothing.
    """
    layer = Layer.objects.get(pk=layer.pk)
    if layer.published_number is None:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK_FAMILY, layer.pk])
    kept = GeneralisedLayer.objects.filter(layer=layer).first()
    is_first = kept is None or kept.recipe != recipe_of(layer)
    if is_first:
        _start_anew(layer)
    start = layer.published_number if is_first or kept is None else kept.last_number + 1
    numbers = list(range(start, layer.published_number + 1))
    if numbers:
        _add_versions(layer, numbers, is_first=is_first)
    return len(numbers)


_LOCK_FAMILY = 0x4B47  # "KG": keeps these locks apart from any other numbers


def _start_anew(layer: Layer) -> None:
    for model in (GeneralisedCell, GeneralisedPart, GeneralisedLayer):
        model.objects.filter(layer=layer).delete()


def _add_versions(layer: Layer, numbers: list[int], *, is_first: bool) -> None:
    parameters: dict[str, Any] = {
        "layer_id": layer.pk,
        "is_first": is_first,
        "colour_property": colour_property(layer),
        "srid": PROJECT_SRID,
        "top": TOP_ZOOM,
        "cells": CELLS_PER_TILE,
        "tile_pixels": TILE_PIXELS,
        "smallest_pixels": SMALLEST_PIXELS_OF_ALL if keeps_everything(layer) else SMALLEST_PIXELS,
        "equator_m": EQUATOR_M,
        "radius_m": RADIUS_M,
    }
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "create_stage.sql"))
        for number in numbers:
            _add_version(cursor, parameters | {"number": number})
    GeneralisedLayer.objects.update_or_create(
        layer=layer,
        defaults={"recipe": recipe_of(layer), "last_number": numbers[-1]},
        create_defaults={
            "recipe": recipe_of(layer),
            "first_number": numbers[0],
            "last_number": numbers[-1],
        },
    )


def _add_version(cursor: Any, parameters: dict[str, Any]) -> None:  # noqa: ANN401 - any DB-API
    cursor.execute(load_sql(__file__, "stage_parts.sql"), parameters)
    for zoom in range(TOP_ZOOM, BOTTOM_ZOOM - 1, -1):
        level = {"zoom": zoom, "pixel": EQUATOR_M / 2**zoom / TILE_PIXELS}
        cursor.execute(load_sql(__file__, "sum_level.sql"), parameters | level)
    cursor.execute(load_sql(__file__, "store_changes.sql"), parameters)


def changes_since_kept(layer: Layer) -> int | None:
    """Return how many rows came or went since the low zooms were made; None if they never were."""
    kept = GeneralisedLayer.objects.filter(layer=layer, recipe=recipe_of(layer)).first()
    if kept is None:
        return None
    came = layer.features.filter(introduced_in__gt=kept.last_number).count()
    return came + layer.features.filter(retired_in__gt=kept.last_number).count()


def low_zoom_sql() -> str:
    """Return the SQL that cuts a tile of a low zoom out of what is kept."""
    return load_sql(__file__, "low_zoom_tile.sql")


def low_zoom_parameters(layer: Layer, zoom: int) -> dict[str, Any]:
    """Return what that SQL takes besides the tile: which level is shown, how large its cells are.

    A cell is as wide as four pixels of its own zoom, and never less than one on the screen.
    """
    level = max(zoom, BOTTOM_ZOOM)
    cell = GRID_CELLS / CELLS_PER_TILE / 2 ** (level - zoom)
    return {
        "level": level,
        "deeper": level - zoom,
        "cell": cell,
        "shown": max(cell, GRID_CELLS / TILE_PIXELS),
        "kind": layer.geometry_kind,
        "joins_lines": zoom <= JOINED_LINES_ZOOM,
    }
