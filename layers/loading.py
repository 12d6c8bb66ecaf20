"""Loading and indexing a table through several database sessions at once.

One session of PostgreSQL works on one core: it takes rows in, checks and indexes them one after the
other. Two sessions need half the time, while the caller prepares the next rows. What they write is
committed at once, so it goes only where nobody looks yet.
"""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue

import psycopg2
import psycopg2.extensions
from django.db import connection

from layers.copying import EncodedBatch

Session = psycopg2.extensions.connection

SESSIONS = 2
MOST_WAITING = 2 * SESSIONS  # batches: what is loaded is never far behind what is read
_PIECE_BYTES = 1 << 16
# The publishing transaction's commit makes all of it durable; until then none of it counts.
# The sessions have the cores between them: no helpers, for which the other sessions would wait.
_SETTINGS = """
    SET synchronous_commit = off;
    SET client_min_messages = warning;
    SET max_parallel_maintenance_workers = 0
"""


class Loader:
    """Statements that run side by side; the first error is raised at the next call."""

    def __init__(self, pool: ThreadPoolExecutor, sessions: list[Session]) -> None:
        self._pool = pool
        self._idle: SimpleQueue[Session] = SimpleQueue()
        for session in sessions:
            self._idle.put(session)
        self._waiting: deque[Future[None]] = deque()

    def run(self, statement: str, batch: EncodedBatch | None = None) -> None:
        """Have a statement executed (a COPY with the rows of a batch), now or soon.

        Only batches are waited for: one slow statement holds up none that come after it.
        """
        while batch is not None and len(self._waiting) >= MOST_WAITING:
            self._await_first()
        self._waiting.append(self._pool.submit(self._execute, statement, batch))

    def wait(self) -> None:
        """Return when everything is done."""
        while self._waiting:
            self._await_first()

    def _await_first(self) -> None:
        with connection.wrap_database_errors:
            self._waiting.popleft().result()

    def _execute(self, statement: str, batch: EncodedBatch | None) -> None:
        session = self._idle.get()
        try:
            with session.cursor() as cursor:
                if batch is None:
                    cursor.execute(statement)
                else:
                    cursor.copy_expert(statement, batch.stream(), _PIECE_BYTES)
        finally:
            self._idle.put(session)


@contextmanager
def loading(*, undo: str) -> Iterator[Loader]:
    """Give a loader; when the body fails, wait for the sessions and execute ``undo``."""
    with connection.wrap_database_errors:
        sessions = [_session() for _ in range(SESSIONS)]
    try:
        with ThreadPoolExecutor(SESSIONS, thread_name_prefix="loading") as pool:
            try:
                yield Loader(pool, sessions)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                with sessions[0].cursor() as cursor:
                    cursor.execute(undo)
                raise
    finally:
        for session in sessions:
            session.close()


def _session() -> Session:
    session: Session = psycopg2.connect(**connection.get_connection_params())
    session.autocommit = True
    with session.cursor() as cursor:
        cursor.execute(_SETTINGS)
    return session
