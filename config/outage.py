"""When the database is away: who may go on waiting, and what a reader is told meanwhile."""

import time
from collections.abc import Callable

from django.db import InterfaceError, OperationalError, connections
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from layers.errors import UserFacingError

# SQLSTATE of a session the server ends or does not begin: class 08 and 57P01 to 57P05
# (PostgreSQL manual, appendix A). 57014, a statement cancelled for its length, is not among them.
AWAY_STATES = ("08", "57P")
RETRY_AFTER_S = 5
LOOKS_EVERY_S = 1.0


class DatabaseAwayError(UserFacingError):
    """The database cannot be reached just now; nothing the reader did is wrong."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The database cannot be reached just now."),
            remedy=_(
                "What you sent was not stored. Try again in a moment; if it lasts, tell the "
                "administrator: './krong db start' starts the database."
            ),
        )


def is_away(error: BaseException) -> bool:
    """Tell whether an error means that the database ended the session or cannot be reached."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "pgcode", None)  # none when there is no server to say it
    return state is None or state.startswith(AWAY_STATES)


def away_answer(
    request: HttpRequest, *, as_json: bool, error: UserFacingError | None = None
) -> HttpResponse:
    """Return HTTP 503 with the sentence, made without asking the database for anything."""
    error = error or DatabaseAwayError()
    response: HttpResponse
    if as_json:
        response = JsonResponse({"error": {"what": error.what, "remedy": error.remedy}})
    else:
        page = {"what": error.what, "remedy": error.remedy, "language": get_language()}
        address = {"address": request.get_full_path() if request.method == "GET" else "/"}
        response = HttpResponse(loader.render_to_string("503.html", page | address))
    response.status_code = error.status
    response["Retry-After"] = str(RETRY_AFTER_S)
    response["Cache-Control"] = "no-store"
    return response


def wait_until_back(say: Callable[[str], None]) -> None:
    """Wait until the database takes connections again; say when it went and when it came."""
    say("The database is away; jobs wait for it. './krong db start' starts it.")
    while not _is_back():
        time.sleep(LOOKS_EVERY_S)
    say("The database is back.")


def _is_back() -> bool:
    connections.close_all()
    try:
        connections["default"].ensure_connection()
    except (OperationalError, InterfaceError):
        return False
    return True
