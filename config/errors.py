"""What a reader sees when something they can put right goes wrong."""

import sys
from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from config.outage import away_answer, is_away
from config.statement_limit import TooLongError, is_too_long
from layers.errors import UserFacingError

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'"
)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether the caller is a program rather than a person."""
    return not request.accepts("text/html") or request.path.endswith((".json", ".geojson"))


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for errors outside the views: a database that is away is no fault of the server."""
    error = sys.exception()
    if error is not None and is_away(error):
        return away_answer(request, as_json=wants_json(request))
    if error is not None and is_too_long(request, error):
        return away_answer(request, as_json=wants_json(request), error=TooLongError())
    return defaults.server_error(request)


def _in_words(request: HttpRequest, exception: Exception) -> Exception:
    """Return what to tell the reader of an address with U+0000, which no database text can hold."""
    holds_it = "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", "")
    if not (holds_it and isinstance(exception, ValueError | DataError)):
        return exception
    return UserFacingError(
        _("The address holds the sign U+0000, which no text can hold."),
        remedy=_("Check the address, or start again from the map."),
    )


class UserFacingErrorMiddleware:
    """Turn a UserFacingError into a page (or JSON) with its sentence and HTTP 400.

    A database that is away becomes HTTP 503: the server lives on, and answers when it is back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer only for errors written for the user; all others stay server errors."""
        if is_away(exception):
            return away_answer(request, as_json=wants_json(request))
        if is_too_long(request, exception):
            return away_answer(request, as_json=wants_json(request), error=TooLongError())
        exception = _in_words(request, exception)
        if not isinstance(exception, UserFacingError):
            return None
        body = {"what": exception.what, "remedy": exception.remedy}
        if wants_json(request):
            return JsonResponse({"error": body}, status=exception.status)
        return render(request, "error.html", body, status=exception.status)


class ContentSecurityPolicyMiddleware:
    """Let a page load only what this server serves: no outside request, ever."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response
