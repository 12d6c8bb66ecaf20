"""Rows on their way into the table of features: compared with what stands, or loaded at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.db import connection

from layers.copying import EncodedBatch
from layers.models import LayerVersion
from layers.own_tables import OwnTable, layers_with_own_table
from layers.sql_files import load_sql

# A table of its own is 2.2 times faster to fill at 20,000 rows and already 1.6 times at 5,000
# (docs/adr/0011); but each one makes plans longer, so small layers share one.
OWN_TABLE_FROM_ROWS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """How many rows a version adds, changes and removes."""

    added: int
    changed: int = 0
    removed: int = 0


def store(
    batches: Iterable[EncodedBatch], *, layer_id: int, number: int, replaces_all: bool
) -> Stored:
    """Make the batches the rows of version ``number``; call it within the publishing transaction.

    The batches are made between the COPYs, not within: their errors reach the caller as they are,
    and whoever makes them may use the same connection.
    """
    waiting = iter(batches)
    head = _up_to(OWN_TABLE_FROM_ROWS, waiting)
    is_large = sum(batch.rows for batch in head) >= OWN_TABLE_FROM_ROWS
    everything = chain(head, waiting)
    if is_large and _is_untouched(layer_id):
        return Stored(added=OwnTable(layer_id).fill(everything, number))
    return _merge(everything, layer_id=layer_id, number=number, replaces_all=replaces_all)


def _is_untouched(layer_id: int) -> bool:
    """Tell whether the layer never held a row, nor has a table already.

    Its versions know (each row lives in one at least); to look into the common table would keep
    that from another large load until this one ends.
    """
    held = LayerVersion.objects.filter(layer=layer_id, feature_count__gt=0).exists()
    return not held and layer_id not in layers_with_own_table()


def _up_to(rows: int, batches: Iterator[EncodedBatch]) -> list[EncodedBatch]:
    head: list[EncodedBatch] = []
    known = 0
    for batch in batches:
        head.append(batch)
        known += batch.rows
        if known >= rows:
            break
    return head


def _merge(
    batches: Iterable[EncodedBatch], *, layer_id: int, number: int, replaces_all: bool
) -> Stored:
    """Compare with the current rows: close what differs, open what is new."""
    parameters = {"layer_id": layer_id, "number": number, "replaces_all": replaces_all}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS layer_stage")
        cursor.execute(load_sql(__file__, "create_stage.sql"))
        for batch in batches:
            with connection.wrap_database_errors:
                cursor.copy_expert(load_sql(__file__, "copy_stage.sql"), batch.stream())
        cursor.execute(load_sql(__file__, "index_stage.sql"))
        cursor.execute(load_sql(__file__, "merge_stage.sql"), parameters)
        changed, removed = cursor.fetchone()
        cursor.execute(load_sql(__file__, "insert_stage.sql"), parameters)
        return Stored(added=cursor.rowcount - changed, changed=changed, removed=removed)
