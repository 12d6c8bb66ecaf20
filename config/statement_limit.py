"""How long one statement of the database may take for a web request that only reads."""

from collections.abc import Callable
from typing import Any

from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from layers.errors import UserFacingError

# Chosen, not measured on a city: far above the slowest page of the tests, near the end of patience.
LONGEST_READING_S = 120.0
SAFE_METHODS = frozenset({"GET", "HEAD"})
QUERY_CANCELED = "57014"  # SQLSTATE (PostgreSQL manual, appendix A)


class TooLongError(UserFacingError):
    """The database was stopped because one answer took it too long."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            _("The answer took the database too long, so it was stopped."),
            remedy=_("Ask for less, e.g. a smaller area or fewer things, or try again later."),
        )


def is_too_long(request: HttpRequest, error: BaseException) -> bool:
    """Tell whether an error means that reading for this request was stopped for its length."""
    if request.method not in SAFE_METHODS or not isinstance(error, OperationalError):
        return False
    return getattr(error.__cause__, "pgcode", None) == QUERY_CANCELED


class StatementLimitMiddleware:
    """Limit the statements of requests that only read; lift the limit for those that store.

    The limit is set with the first statement of a request: one that asks the database for nothing
    needs no database. Commands and the worker pass by no middleware and have no limit.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_safe = request.method in SAFE_METHODS
        with connection.execute_wrapper(_Limit(LONGEST_READING_S if is_safe else None)):
            return self.get_response(request)


class _Limit:
    """Set ``statement_timeout`` [s] before the first statement; sessions outlive a request.

    None sets what the server gives every session, which is no limit unless its owner chose one.
    While a page reads, no statement calls other processes to help: to start them takes 20 ms
    (measured), more than nearly every page needs, and they stand in the way of other readers.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.is_set = False

    def __call__(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,  # noqa: ANN401 - as Django hands it on
        many: bool,  # noqa: FBT001 - as Django hands it on
        context: dict[str, Any],
    ) -> Any:  # noqa: ANN401 - as Django hands it on
        if not self.is_set:
            self.is_set = True
            self._set(context["connection"])
        return execute(sql, params, many, context)

    def _set(self, session: Any) -> None:  # noqa: ANN401 - Django's DatabaseWrapper
        # A cursor of its own: the one at hand may be a named one, which can only declare a query.
        with session.wrap_database_errors, session.connection.cursor() as cursor:
            if self.seconds is None:
                cursor.execute("RESET statement_timeout; RESET max_parallel_workers_per_gather")
                return
            milliseconds = str(round(self.seconds * 1000))
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, FALSE),"
                " set_config('max_parallel_workers_per_gather', '0', FALSE)",
                [milliseconds],
            )
