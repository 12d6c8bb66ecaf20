"""How much of the server those who only ask may take: so many at once, so long at most."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _
from psycopg2.errorcodes import QUERY_CANCELED

from layers.errors import UserFacingError

# Chosen for one machine: what is drawn by hand takes far less than a second.
LONGEST_S = 10.0
LONGEST_WHOLE_S = 60.0  # rules that ask the whole city
AT_ONCE = 4
LONGEST_WAIT_S = 5.0
PAUSE_S = 0.05
LARGEST_BYTES = 2 * 1024 * 1024
# Any number that no other advisory lock of Krong uses.
_LOCK = 7_043_210


class BusyError(UserFacingError):
    """Others are asking, or the question is too large."""

    status = 503


@contextmanager
def held_place(longest_s: float) -> Iterator[None]:
    """Wait for one of the few places, and end what takes too long.

    Raises
    ------
    BusyError
        All places stay taken, or a statement took too long.
    """
    try:
        with transaction.atomic():
            _take_place()
            with connection.cursor() as cursor:
                milliseconds = str(round(longest_s * 1000))
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [milliseconds])
            yield
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != QUERY_CANCELED:
            raise
        raise BusyError(
            _("The answer took the database too long, so it was stopped."),
            remedy=_("Ask about fewer or smaller features at once."),
        ) from error


def _take_place() -> None:
    until = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < until:
        for number in range(AT_ONCE):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_LOCK, number])
                if cursor.fetchone()[0]:
                    return
        time.sleep(PAUSE_S)
    raise BusyError(
        _("Others are asking what-if just now."), remedy=_("Try again in a few seconds.")
    )
