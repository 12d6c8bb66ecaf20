"""The worker of ``./krong serve`` for long jobs; it outlives a restart of the database.

Unlike the pages it keeps its session: by its name ``./krong db stop`` knows that Krong is served.
"""

import sys

import django
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections

from config.outage import is_away, wait_until_back


def work() -> None:
    """Take queued jobs until a signal ends it; wait while the database is away."""
    from conflicts.life.tasks import begin_the_day  # noqa: PLC0415 - after django.setup
    from conflicts.recheck_requests import request_recheck  # noqa: PLC0415 - after django.setup

    connections[DEFAULT_DB_ALIAS].settings_dict["CONN_MAX_AGE"] = None
    while True:
        try:
            begin_the_day.enqueue()  # the days that began while no worker ran; and every next one
            request_recheck()  # what changed while no worker ran, or one was killed at it
            call_command("db_worker", startup_delay=False, reload=False)
        except (OperationalError, InterfaceError) as error:
            if not is_away(error):
                raise
            wait_until_back(_tell)


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    django.setup()
    work()
