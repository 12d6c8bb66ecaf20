"""An application as a file or an upload: text that must be one JSON object of a sane size."""

import json
from typing import Any

from django.utils.translation import gettext as _

from layers import numbers
from planning.errors import ApplicationError

MAX_BYTES = 1_000_000
ZERO_BYTE = b"\\u0000"


def parse_application(content: bytes, name: str) -> Any:  # noqa: ANN401 - what JSON holds
    """Return what the text holds; the fields are judged later.

    Raises
    ------
    ApplicationError
        It is too large, not UTF-8, not JSON, or nested beyond reason.
    """
    if len(content) > MAX_BYTES:
        raise ApplicationError(
            _("%(name)s holds %(content)s bytes; an application has at most %(max_bytes)s.")
            % {
                "name": name,
                "content": numbers.number(len(content)),
                "max_bytes": numbers.number(MAX_BYTES),
            }
        )
    try:
        given = json.loads(content.decode("utf-8-sig"))
        # what cannot be written again could be neither kept nor compared: NaN, half a letter
        text = json.dumps(given, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeDecodeError as error:
        raise ApplicationError(
            _("%(name)s is not text in UTF-8.") % {"name": name},
            remedy=_("Save it as UTF-8 and try again."),
        ) from error
    except json.JSONDecodeError as error:
        raise ApplicationError(
            _("%(name)s is not JSON: %(msg)s in line %(lineno)s, column %(colno)s.")
            % {"name": name, "msg": error.msg, "lineno": error.lineno, "colno": error.colno}
        ) from error
    except RecursionError as error:
        raise ApplicationError(
            _("%(name)s is nested too deeply to be an application.") % {"name": name}
        ) from error
    except ValueError as error:
        raise ApplicationError(
            _("%(name)s holds a number or letter that is none, such as NaN or half a character.")
            % {"name": name}
        ) from error
    if ZERO_BYTE in text:
        raise ApplicationError(_("%(name)s holds a zero byte in a text.") % {"name": name})
    return given
