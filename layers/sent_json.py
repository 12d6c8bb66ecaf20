"""JSON that a program sends, read without trust: what a database text can hold, nothing else."""

import json
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from layers.errors import UserFacingError


class SentJsonError(UserFacingError):
    """What was sent is no JSON, or holds what no text can hold."""


def sent_json(body: bytes) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what a request's body says in JSON (RFC 8259: UTF-8, no NaN).

    Raises
    ------
    SentJsonError
        It is not JSON, or a text in it holds U+0000 or half of a surrogate pair, which neither
        PostgreSQL nor UTF-8 can hold.
    """
    try:
        text = body.decode()  # strictly: json.loads lets halves of a pair pass
        given = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise SentJsonError(
            _("The request is not JSON."), remedy=_("Send one JSON object in UTF-8.")
        ) from error
    # written plainly such signs are refused above: only an escape can bring them in
    if "\\u" in text and not _is_writable(given):
        raise SentJsonError(
            _("A text in the request holds a sign that no text can hold: U+0000 or half a sign."),
            remedy=_("Check the text, and send it again without the sign."),
        )
    return given


def _refuse_constant(name: str) -> NoReturn:
    """Refuse NaN and the infinities, which Python reads and JSON does not have."""
    raise ValueError(name)


def _is_writable(given: object) -> bool:
    try:
        told = json.dumps(given, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return b"\\u0000" not in told.replace(rb"\\", b"")
