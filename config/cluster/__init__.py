"""The embedded PostGIS: made, started and stopped by Krong itself, replaced by ``DATABASE_URL``.

Importing settings starts nothing, so linters, type checkers and ``--help`` need no database.
``./krong`` calls :func:`ensure_running` before a command, the tests before the first one.
"""

import os
import sys
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlencode

from config.cluster import server
from config.cluster.place import find_place
from config.cluster.url import parse_database_url

__all__ = ["database_name", "database_settings", "database_url", "ensure_running", "is_embedded"]


def _silent(_message: str) -> None:
    return


def is_embedded() -> bool:
    """Tell whether Krong's own server is used, that is, no ``DATABASE_URL`` is given."""
    return not os.environ.get("DATABASE_URL")


def database_name() -> str:
    """Return the name of the embedded server's database, ``KRONG_DB_NAME`` or ``krong``."""
    return os.environ.get("KRONG_DB_NAME") or "krong"


def database_settings() -> dict[str, object]:
    """Return Django's ``DATABASES["default"]``; nothing is started.

    Raises
    ------
    UserFacingError
        If ``DATABASE_URL`` cannot be read, or root has no account to hand PostgreSQL over to.
    """
    named = {"application_name": program_name()}
    settings: dict[str, object] = {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": os.environ.get("KRONG_TEST_DB") or "test_krong"},
    }
    if not is_embedded():
        given = parse_database_url(os.environ["DATABASE_URL"])
        return settings | given | {"OPTIONS": named | cast("dict[str, str]", given["OPTIONS"])}
    return settings | {
        "NAME": database_name(),
        "USER": server.OWNER,
        "PASSWORD": "",
        "HOST": str(find_place().socket_dir),
        "PORT": "5432",
        "OPTIONS": named,
    }


def program_name() -> str:
    """Return what this process is called among the sessions of the database.

    ``./krong db stop`` tells by it who would be cut off.
    """
    path, words = Path(sys.argv[0]), sys.argv[1:]
    name = path.parent.name if path.stem == "__main__" else path.stem
    if name == "command_line" and words:
        name = words[0]
    return f"krong {name[:30]} (process {os.getpid()})"


def database_url() -> str:
    """Return the database's address for psql, QGIS or pg_dump."""
    if not is_embedded():
        return os.environ["DATABASE_URL"]
    query = urlencode({"host": find_place().socket_dir, "port": 5432})
    return f"postgresql://{server.OWNER}@/{quote(database_name())}?{query}"


def ensure_running(*, say: server.Say = _silent) -> None:
    """Start the embedded server and make the database, unless both are there.

    With ``DATABASE_URL`` nothing happens. Costs one connection when all is well.

    Raises
    ------
    ClusterError
        If PostgreSQL is missing, of another version, out of room, or will not start.
    """
    if not is_embedded():
        return
    place, name = find_place(), database_name()
    if server.accepts(place, name):
        return
    with server.alone(place):
        server.start(place, say=say)
        server.ensure_database(place, name)
