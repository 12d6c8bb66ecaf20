"""Sentences that can be told again in another language.

``gettext`` gives a text in the language of the moment, as Django's does; but the text remembers
which sentence it is and what fills it. So why a job was refused is stored once, and every reader is
told it in their own language.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils import translation

# What a gap in a sentence may look like: %(name)s or %(count)d, and %% for a per cent sign. Widths
# and the like could unfold to gigabytes when a sentence comes from elsewhere.
_GAPS = re.compile(r"%%|%\((?P<name>\w+)\)[sd]")
_LONGEST = 2_000
_MOST_VALUES = 30
_DEEPEST = 3


class Retellable(str):
    """A text that knows its sentence (the msgid) and the values in it."""

    sentence: str
    values: Mapping[str, Any]

    def __mod__(self, values: object, /) -> "Retellable":
        """Fill the sentence, and remember with what."""
        filled = str.__mod__(self, values)
        return _retellable(filled, self.sentence, values if isinstance(values, Mapping) else {})


def gettext(sentence: str) -> Retellable:
    """Return a sentence in the language of the moment."""
    return _retellable(translation.gettext(sentence), sentence, {})


def _retellable(text: str, sentence: str, values: Mapping[str, Any]) -> Retellable:
    made = Retellable(text)
    made.sentence, made.values = sentence, values
    return made


def as_fields(text: object) -> Any:  # noqa: ANN401 - JSON
    """Return a text as JSON: the sentence and its values; what is none stays a text or a number."""
    if isinstance(text, Retellable):
        return [text.sentence, {name: as_fields(value) for name, value in text.values.items()}]
    return text if isinstance(text, int | float) else str(text)[:_LONGEST]


def retold(fields: object, otherwise: str = "") -> str:
    """Return what came as JSON in the language of the moment; ``otherwise`` if it is no sentence.

    Nothing of it is trusted: a hostile file's reading may have sent it.
    """
    told = _told(fields, _DEEPEST)
    return told if isinstance(told, str) else otherwise


def _told(fields: object, depth: int) -> str | int | float | None:
    if isinstance(fields, str):
        return fields[:_LONGEST]
    if isinstance(fields, int | float):
        return fields
    if depth == 0 or not isinstance(fields, list) or len(fields) != 2:  # noqa: PLR2004 - a pair
        return None
    sentence, values = fields
    if not isinstance(sentence, str) or not isinstance(values, dict):
        return None
    return _filled(sentence[:_LONGEST], values, depth)


def _filled(sentence: str, values: dict[str, Any], depth: int) -> str | None:
    gaps = {found["name"] for found in _GAPS.finditer(sentence)} - {None}
    if not values and not gaps:  # never filled, so a per cent sign is one
        return gettext(sentence)
    told = {name: _told(values.get(name), depth - 1) for name in gaps}
    is_plain = "%" not in _GAPS.sub("", sentence) and len(gaps) <= _MOST_VALUES
    if not is_plain or any(value is None for value in told.values()):
        return None
    try:
        return gettext(sentence) % told
    except (TypeError, ValueError, OverflowError, KeyError):  # a text in the gap of a number
        return None
