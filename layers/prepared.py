"""Statements that a session of the database plans once and then only carries out.

Planning a question over many partitions takes twice as long as answering it at one point.
"""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from django.db import OperationalError, connection
from psycopg2.errorcodes import INVALID_SQL_STATEMENT_NAME

# A generic plan serves every point; left to itself the server would plan each anew. The limit is
# that of pages that only read (config/statement_limit.py). Both hold for one message to the server.
_SETTINGS = "SET LOCAL statement_timeout = '120s'; SET LOCAL plan_cache_mode = force_generic_plan;"
_known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


def rows_of(name: str, sql: str, given: Mapping[str, tuple[str, Any]]) -> list[dict[str, Any]]:
    """Return what a statement finds; ``given`` holds the type and the value of each parameter.

    ``name`` stands for this text for as long as the process lives. Where sessions are shared out
    by a pooler and the statement is not known, it is asked as any other.
    """
    values = {parameter: value for parameter, (_type, value) in given.items()}
    with connection.cursor() as cursor:
        try:
            _prepare(cursor, name, sql, given)
            cursor.execute(_call(name, len(given)), list(values.values()))
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") != INVALID_SQL_STATEMENT_NAME:
                raise
            cursor.execute(sql, values)
        columns = [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _prepare(cursor: Any, name: str, sql: str, given: Mapping[str, tuple[str, Any]]) -> None:  # noqa: ANN401 - any DB-API
    known = _known.setdefault(connection.connection, set())
    if name not in known:
        places = {parameter: f"${place}" for place, parameter in enumerate(given, start=1)}
        types = ", ".join(kind for kind, _value in given.values())
        cursor.execute(" ".join(["PREPARE", name, "(", types, ") AS", sql % places]))
        known.add(name)


def _call(name: str, count: int) -> str:
    """Return the call; within a transaction of others nothing is set that would outlast it."""
    call = ["EXECUTE", name, "(", ", ".join(["%s"] * count), ")"]
    return " ".join(call if connection.in_atomic_block else [_SETTINGS, *call])
