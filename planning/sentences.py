"""Sentences in both languages at once: what is frozen must still be readable in either.

``said`` is the marker by which the translator's tool finds the English text.
"""

from datetime import date
from typing import Any

from django.utils.translation import get_language, gettext, override

from layers.numbers import Number, day_in, number

LANGUAGES = ("km", "en")
Said = dict[str, str]


def said(message: str, /, **values: Any) -> Said:  # noqa: ANN401 - numbers, names, sentences
    """Return a sentence as ``{"km": ..., "en": ...}``.

    A value that is such a pair itself, or a translatable label, is put in in the same language.
    """
    texts = {}
    for language in LANGUAGES:
        with override(language):
            spoken = {name: _in_language(value, language) for name, value in values.items()}
            texts[language] = gettext(message) % spoken if spoken else gettext(message)
    return texts


def named(km: str, en: str) -> Said:
    """Return a name in both languages; a missing one is filled from the other."""
    return {"km": km or en, "en": en or km}


def english_only(text: str) -> Said:
    """Return a rule known in English only; in Khmer it is marked as not translated yet."""
    return said("“%(text)s”", text=text)


def joined(parts: list[Said], between: str = "; ") -> Said:
    """Return several sentences as one."""
    return {language: between.join(part[language] for part in parts) for language in LANGUAGES}


def in_language(pair: Said) -> str:
    """Return the half the reader reads."""
    return pair["en" if get_language() == "en" else "km"]


def numbered(value: Number, places: int | None = None) -> Said:
    """Return a number as each language writes it."""
    return {each: number(value, places, language=each) for each in LANGUAGES}


def dated(value: date) -> Said:
    """Return a day as each language writes it."""
    return {each: day_in(value, each) for each in LANGUAGES}


def _in_language(value: Any, language: str) -> str:  # noqa: ANN401
    if isinstance(value, dict):
        return str(value[language])
    if isinstance(value, float):
        return number(value, language=language)
    return str(value)


def labelled(label: Any) -> Said:  # noqa: ANN401 - a translatable label of a choice
    """Return the label of a choice in both languages."""
    texts = {}
    for language in LANGUAGES:
        with override(language):
            texts[language] = str(label)
    return texts
