"""An application as a file or an upload: text that must be one JSON object of a sane size."""

import json
from typing import Any

from planning.errors import ApplicationError

MAX_BYTES = 1_000_000


def parse_application(content: bytes, name: str) -> Any:  # noqa: ANN401 - what JSON holds
    """Return what the text holds; the fields are judged later.

    Raises
    ------
    ApplicationError
        It is too large, not UTF-8, not JSON, or nested beyond reason.
    """
    if len(content) > MAX_BYTES:
        raise ApplicationError(
            f"{name} holds {len(content):,} bytes; an application has at most {MAX_BYTES:,}."
        )
    try:
        return json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ApplicationError(
            f"{name} is not text in UTF-8.", remedy="Save it as UTF-8 and try again."
        ) from error
    except json.JSONDecodeError as error:
        raise ApplicationError(
            f"{name} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}."
        ) from error
    except RecursionError as error:
        raise ApplicationError(f"{name} is nested too deeply to be an application.") from error
