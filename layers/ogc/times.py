"""``datetime``: which versions of a layer an instant or an interval means.

The time of a feature is when it was *published so*: from the version that brought it to the one
that replaced it. When it was captured on the ground is told by the version, not asked here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from layers.editing.history import versions_of
from layers.models import Layer
from layers.ogc.errors import BadParameterError

# RFC 3339, 5.6: a date, or a date and time with its offset.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:[Zz]|[+-]\d\d:\d\d))?", re.ASCII
)
OPEN = ("", "..")
BEFORE_ALL, AFTER_ALL = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Versions:
    """What stood in a version from ``low`` to ``high``; 0 is before the first."""

    low: int
    high: int


def versions_at(layer: Layer, text: str | None) -> Versions:
    """Return the versions a ``datetime`` means; without one, the version published now.

    Raises
    ------
    BadParameterError
    """
    if text is None:
        return Versions(layer.published_number or 0, layer.published_number or 0)
    since, until = interval_asked(text)
    return Versions(_version_at(layer, since), _version_at(layer, until))


def interval_asked(text: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment a ``datetime`` means; of an instant both are it.

    Raises
    ------
    BadParameterError
    """
    start, slash, end = text.partition("/")
    if not slash:
        moment = _moment(text, start, is_end=True)
        return moment, moment
    since = BEFORE_ALL if start in OPEN else _moment(text, start, is_end=False)
    until = AFTER_ALL if end in OPEN else _moment(text, end, is_end=True)
    if since > until:
        raise _bad(text)
    return since, until


def _version_at(layer: Layer, moment: datetime) -> int:
    if moment == AFTER_ALL:
        return layer.published_number or 0
    then = versions_of(layer).filter(published_at__lte=moment)
    return then.values_list("number", flat=True).first() or 0


def _moment(whole: str, text: str, *, is_end: bool) -> datetime:
    """Return a moment; a day alone begins or ends as clocks in Cambodia show it."""
    if not _TIME.fullmatch(text):
        raise _bad(whole)
    try:
        if len(text) > len("YYYY-MM-DD"):
            return datetime.fromisoformat(text.upper())
        day = datetime.combine(date.fromisoformat(text), time(), timezone.get_default_timezone())
        return day + timedelta(days=1, microseconds=-1) if is_end else day
    except (ValueError, OverflowError) as error:
        raise _bad(whole) from error


def _bad(text: str) -> BadParameterError:
    return BadParameterError(
        _("datetime='%(value)s' is no time.") % {"value": text[:80]},
        remedy=_("Write 2026-05-31, 2026-05-31T12:00:00Z or an interval: from/to, from/.., ../to."),
    )
