"""What a program is told when a request cannot be answered (RFC 9457): what and remedy."""

from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from layers.editing.errors import EditingError
from layers.errors import UserFacingError

PROBLEM_TYPE = "application/problem+json"
CHALLENGE = 'Basic realm="Krong", charset="UTF-8"'


class BadParameterError(UserFacingError):
    """A parameter of the request is unknown, repeated or cannot mean anything."""


class SlowQuestionError(UserFacingError):
    """The database ended a question that took too long."""

    status = 503
    retry_after_s = 60

    def __init__(self) -> None:
        super().__init__(
            _("The question took too long and was ended."),
            remedy=_("Ask for a smaller box, or for an attribute by its value; what large layers "
                     "are asked for is prepared, so the same question may be quick in a minute."),
        )  # fmt: skip


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
    if isinstance(error, SlowQuestionError):
        response["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = CHALLENGE
    if etag := facts.get("etag"):
        response["ETag"] = etag
    return response
