"""Amounts, shares and names in the reader's language, as sentences use them."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from conflicts.rule_parts import Selector
from layers.models import LandUseClass
from layers.numbers import NOTHING, number, percent, quantity

# So many names are read in one sentence.
MOST_NAMED = 5
# Decimal places from this size on: a centimetre matters in 5 m, not in 5 km.
DECIMALS = ((10_000.0, 0), (10.0, 1), (0.01, 2), (0.0, 3))


def amount(value: float | None, unit: str) -> str:
    """Return a measure with its unit, rounded as far as it can be drawn."""
    if value is None:
        return NOTHING
    places = (
        0
        if unit == "place" or not value
        else next(n for least, n in DECIMALS if abs(value) >= least)
    )
    return quantity(value, unit, places)


def share_text(share: float) -> str:
    """Return a share as a percentage; small ones with one decimal."""
    return percent(share, 0 if share >= 0.1 else 1)  # noqa: PLR2004 - one decimal below 10 %


def selector_name(selector: Selector) -> str:
    """Return what a selector means: its classes, else its layers or theme; of many the first."""
    rows = {row.code: row.name for row in LandUseClass.objects.filter(code__in=selector.classes)}
    return named_few(
        [rows.get(code, code) for code in selector.classes] or list(selector.layers)
    ) or (selector.theme)


def named_few(names: Sequence[str]) -> str:
    """Return names as a sentence can hold them: the first, and how many more there are."""
    few = list(names[:MOST_NAMED])
    if more := len(names) - len(few):
        few.append(_("%(count)s more") % {"count": number(more, 0)})
    return ", ".join(few)


def class_names(codes: Any) -> str:  # noqa: ANN401 - a list out of JSON
    """Return the names of classes in the reader's language."""
    rows = {row.code: row.name for row in LandUseClass.objects.filter(code__in=list(codes))}
    return ", ".join(rows.get(code, code) for code in codes)


def reader_language() -> str:
    """Return km or en."""
    return "en" if get_language() == "en" else "km"
