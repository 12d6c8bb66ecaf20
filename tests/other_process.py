"""What another process must be told to work on a test's own database and files."""

import os
from urllib.parse import quote, urlsplit

from django.db import connection

from config import cluster
from config.cluster.place import find_place


def on_database(name, **choices):
    """Return the environment of a process that works on that database of the tests' server."""
    return os.environ | _named(name) | choices


def on_test_database(**choices):
    """Return the environment of a process that works on the database of this very test run.

    Its name holds what the runner adds for each of its processes. A developer's own database and
    an empty one of a fresh machine stay out of it.
    """
    return on_database(connection.settings_dict["NAME"], **choices)


def _named(name):
    if cluster.is_embedded():
        # KRONG_VAR alone would make a second cluster in the test's folder
        return {"KRONG_DB_NAME": name, "KRONG_PG_HOME": str(find_place().home)}
    server = urlsplit(os.environ["DATABASE_URL"])
    return {"DATABASE_URL": server._replace(path=quote(f"/{name}")).geturl()}
