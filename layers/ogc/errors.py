"""What a program is told when a request cannot be answered (RFC 9457): what and remedy."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse

from layers.editing.errors import EditingError
from layers.errors import UserFacingError

PROBLEM_TYPE = "application/problem+json"
CHALLENGE = 'Basic realm="Krong", charset="UTF-8"'


class BadParameterError(UserFacingError):
    """A parameter of the request is unknown, repeated or cannot mean anything."""


class UnsupportedMediaError(UserFacingError):
    """What was sent is in a format that is not read here."""

    status = 415


class TooManyAttemptsError(UserFacingError):
    """Wrong passwords came too fast."""

    status = 429


class CrossSiteError(UserFacingError):
    """A write that another site may have made the browser send."""

    status = 403


class WrongPasswordError(UserFacingError):
    """Name and password do not belong together."""

    status = 401


def problem_response(request: HttpRequest, error: UserFacingError) -> JsonResponse:
    """Return an error as a problem document: what happened, what to do, and its facts."""
    facts = error.detail if isinstance(error, EditingError) else {}
    body = {
        "type": "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error),
        "instance": request.get_full_path(),
        **facts,
        "what": error.what,
        "remedy": error.remedy,
    }
    response = JsonResponse(
        body,
        status=error.status,
        content_type=PROBLEM_TYPE,
        json_dumps_params={"ensure_ascii": False},
    )
    response["Cache-Control"] = "no-store"
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    if etag := facts.get("etag"):
        response["ETag"] = etag
    return response
