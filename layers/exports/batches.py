"""Features on their way out, some thousands at a time, so that memory stays flat."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.contrib.gis.db.models.functions import AsWKB
from django.db import transaction
from django.db.models import QuerySet

from layers.crs import PROJECT_SRID, reproject
from layers.models import Feature

BATCH_FEATURES = 2_000
# Some outlines have 200,000 corners: rows are handed on before they fill the memory.
BATCH_BYTES = 16 * 1024**2

Watch = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """Some features, one entry each; shapes in the CRS that was asked for."""

    ids: list[str]
    classes: list[str | None]
    lifecycles: list[str]
    shapes: np.ndarray
    properties: list[dict[str, Any]]

    def __len__(self) -> int:
        return len(self.ids)


def unwatched() -> None:
    """Watch nothing: for exports nobody waits for on a line that may break."""


def batches(rows: QuerySet[Feature], srid: int, watch: Watch = unwatched) -> Iterator[Batch]:
    """Yield features by identifier, read through a cursor of the server.

    ``watch`` is called before each batch and may raise, to end an export that nobody awaits.
    A version never changes, so neither does what is read, however long it takes.
    """
    listed = rows.annotate(wkb=AsWKB("geometry")).order_by("stable_id", "introduced_in")
    fields = ("stable_id", "land_use__code", "lifecycle", "wkb", "properties")
    waiting: list[tuple[Any, ...]] = []
    size = 0
    with transaction.atomic():  # a cursor of the server lives within a transaction
        for row in listed.values_list(*fields).iterator(chunk_size=BATCH_FEATURES):
            waiting.append(row)
            size += len(row[3])
            if len(waiting) >= BATCH_FEATURES or size >= BATCH_BYTES:
                watch()
                yield _batch(waiting, srid)
                waiting, size = [], 0
        if waiting:
            watch()
            yield _batch(waiting, srid)


def _batch(rows: list[tuple[Any, ...]], srid: int) -> Batch:
    ids, classes, lifecycles, outlines, properties = (list(column) for column in zip(*rows))  # noqa: B905 - rows of one query
    shapes = shapely.from_wkb([bytes(outline) for outline in outlines])
    moved = reproject(shapes, PROJECT_SRID, srid)
    return Batch(ids, classes, lifecycles, np.asarray(moved, dtype=object), properties)


def rounded(shapes: np.ndarray, decimals: int) -> np.ndarray:
    """Return shapes with coordinates of so many decimals, rings against the clock (RFC 7946)."""
    turned = shapely.orient_polygons(shapes)
    return np.asarray(
        shapely.transform(turned, lambda points: np.round(points, decimals)), dtype=object
    )
