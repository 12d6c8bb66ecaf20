"""Strong validators of a feature's state (RFC 9110, 8.8.3).

A feature as published is named by its row, which is written once; one edited in a draft by the
draft and its step. Both name one state for ever.
"""

import re

GONE = '"r0"'
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def row_etag(row: int | None) -> str:
    """Return the validator of a published row; GONE when there is none."""
    return GONE if row is None else f'"r{row}"'


def edit_etag(draft: int, revision: int) -> str:
    """Return the validator of a feature after a step of a draft."""
    return f'"d{draft}.{revision}"'


def matches(condition: str, etag: str) -> bool:
    """Tell whether an If-Match header names this state.

    A tag marked weak counts too: compressing a response marks it, yet it names the same state.
    """
    if condition.strip() == "*":
        return etag != GONE
    return etag in _TAG.findall(condition)
