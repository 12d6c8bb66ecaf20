"""Large layers live in a table of their own, a partition of layers_feature (ADR 11).

The first load goes straight into a new table that nobody sees: several sessions fill it and build
its indexes. Attaching it is the last thing the publishing transaction does, so readers never wait
for the load, and a load that breaks off leaves a table that belongs to nothing; the next one
removes it.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg2 import sql
from psycopg2.errorcodes import LOCK_NOT_AVAILABLE

from layers.copying import EncodedBatch
from layers.errors import UserFacingError
from layers.loading import Loader, loading
from layers.sql_files import load_sql

LOCK_FAMILY = 0x4B46  # "KF": held while a layer's table is being filled
# Attaching needs the common table for itself for a moment. Whoever asks for that makes all who
# come later wait in line; so it asks briefly, lets the others through, and asks again.
LONGEST_QUEUE_MS = 300
PAUSE_S = 1.0
LONGEST_WAIT_S = 900.0
# Named here: two sessions that let PostgreSQL choose may choose the same.
INDEXES = (
    "current_geometry", "current_once", "current_beginning", "current_class", "words", "row",
    "attributes", "past_geometry", "past_class", "retired", "introduced",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnTable:
    """The table of one layer."""

    layer_id: int

    @property
    def name(self) -> str:
        """The table's name in the database."""
        return f"layers_feature_{self.layer_id}"

    def fill(self, batches: Iterable[EncodedBatch], number: int) -> int:
        """Load the first rows of a layer, introduced in version ``number``; return how many.

        They are the layer's when the caller's transaction commits.

        Raises
        ------
        IntegrityError, DataError
            The database refuses a row.
        UserFacingError
            The common table is never free.
        """
        rows = 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK_FAMILY, self.layer_id])
        with loading(undo=self._text("DROP TABLE IF EXISTS {table}")) as loader:
            for leftover in _left_over():
                loader.run(leftover)
            loader.run(self._file("create_own_table.sql", number=number))
            loader.wait()
            copy = self._file("copy_own_table.sql")
            for batch in batches:
                loader.run(copy, batch)
                rows += batch.rows
            loader.wait()
            self._index(loader)
        self._attach()
        return rows

    def _index(self, loader: Loader) -> None:
        for index in self._file("index_own_table.sql").split(";"):
            loader.run(index)
        loader.run(self._file("index_own_labels.sql", is_done=False))
        loader.wait()
        for file in ("index_own_labels.sql", "leave_words_uncounted.sql", "analyze.sql"):
            loader.run(self._file(file, is_done=True))
            loader.wait()

    def _attach(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(self._file("finish_own_table.sql"))
            _hold_common_table()
            cursor.execute(self._file("attach_own_table.sql"))

    def _file(self, name: str, **numbers: int) -> str:
        return self._text(load_sql(__file__, name), **numbers)

    def _text(self, statement: str, **numbers: int) -> str:
        indexes = {index: sql.Identifier(f"{self.name}_{index}") for index in INDEXES}
        named = sql.SQL(statement).format(
            table=sql.Identifier(self.name),
            table_name=sql.Literal(self.name),
            words_name=sql.Literal(f"{self.name}_words"),
            layer_id=sql.Literal(self.layer_id),
            lock_family=sql.Literal(LOCK_FAMILY),
            **indexes,
            **{name: sql.Literal(value) for name, value in numbers.items()},
        )
        connection.ensure_connection()
        text: str = named.as_string(connection.connection)
        return text


def layers_with_own_table() -> set[int]:
    """Return the layers whose features lie in a table of their own."""
    return {layer_id for layer_id, is_attached in _own_tables() if is_attached}


def sweep_left_over() -> None:
    """Remove the tables of loads that broke off or were taken back; those under way stay."""
    with transaction.atomic(), connection.cursor() as cursor:
        for leftover in _left_over():
            cursor.execute(leftover)


def _left_over() -> list[str]:
    """Return what removes the tables of loads that broke off."""
    return [
        OwnTable(layer_id)._file("drop_leftover.sql")  # noqa: SLF001 - its own module
        for layer_id, is_attached in _own_tables()
        if not is_attached
    ]


def _own_tables() -> list[tuple[int, bool]]:
    with connection.cursor() as cursor:
        cursor.execute(load_sql(__file__, "own_tables.sql"))
        return list(cursor.fetchall())


def _hold_common_table() -> None:
    """Get the common table for this transaction alone, without a queue forming behind."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while not _holds_common_table():
        if time.monotonic() > deadline:
            raise UserFacingError(
                _(
                    "The table of features has been in use without a pause for %(minutes)s minutes."
                    " Nothing was stored."
                )
                % {"minutes": f"{LONGEST_WAIT_S / 60:.0f}"},
                remedy=_(
                    "Import again when the detection or flood run that is under way has ended."
                ),
            )
        time.sleep(PAUSE_S)


def _holds_common_table() -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LONGEST_QUEUE_MS)])
            cursor.execute("LOCK TABLE layers_feature_common IN ACCESS EXCLUSIVE MODE")
            cursor.execute("SELECT set_config('lock_timeout', '0', true)")
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != LOCK_NOT_AVAILABLE:
            raise
        return False
    return True
