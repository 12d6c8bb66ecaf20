"""Numbers and days as people read and type them, in one form per language.

The marks themselves stand in ``config/formats``. Machines (CSV, JSON, GeoJSON, ``--json``) never
come here: they get points and ISO days.
"""

import re
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

Number = int | float | Decimal
NOTHING = "–"
KHMER_DIGITS = str.maketrans("០១២៣៤៥៦៧៨៩", "0123456789")
# Units as records state them, and as a reader reads them; all others read as written.
UNITS = {
    "m": _("m"),
    "m2": _("m²"),
    "km2": _("km²"),
    "m2/m2": "",
    "place": "",
    "storeys": _("storeys"),
    "years": _("years"),
    "cars": _("cars"),
    "motorbikes": _("motorbikes"),
    "dwellings/ha": _("dwellings per hectare"),
    "percentage points": _("percentage points"),
}
_POINT = re.compile(r"(?<=\d)\.(?=\d)")
_BLANK = re.compile(r"[\s\u00a0\u202f\u200b']")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_GROUPS = re.compile(r"[+-]?\d{1,3}(?:(?P<mark>[.,])\d{3})(?:(?P=mark)\d{3})*")
_PLAIN = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


class AmbiguousNumberError(ValueError):
    """A typed number that may be a thousand times as much as it looks: 1.234, 1,234."""


def marks(language: str | None = None) -> tuple[str, str]:
    """Return the decimal mark and the mark between thousands."""
    names = ("DECIMAL_SEPARATOR", "THOUSAND_SEPARATOR")
    decimal, group = (str(get_format(name, language)) for name in names)
    return decimal, group


def number(
    value: Number | None,
    places: int | None = None,
    *,
    most: int = 2,
    sign: bool = False,
    language: str | None = None,
) -> str:
    """Return a number with fixed decimals, or with at most ``most`` and no needless ones."""
    if value is None:
        return NOTHING
    fixed = most if places is None else places
    exact = Decimal(str(value)) if not isinstance(value, Decimal) else value
    if not exact.is_finite():
        return str(value)
    rounded = exact.quantize(Decimal(1).scaleb(-fixed), ROUND_HALF_EVEN)
    text = f"{rounded if rounded else abs(rounded):{'+' if sign and rounded else ''},f}"
    if places is None and "." in text:
        text = text.rstrip("0").rstrip(".")
    return _in_marks(text, language)


def general(value: Number, *, language: str | None = None) -> str:
    """Return a number with six significant digits, as it would be typed."""
    text = f"{value:g}"
    return text if "e" in text or "n" in text else _in_marks(text, language)


def in_marks(text: str) -> str:
    """Return a fixed text (``0.30–0.60 m``) with the decimal mark of the reader's language."""
    return _POINT.sub(marks()[0], text)


def percent(share: Number, places: int = 1, *, language: str | None = None) -> str:
    """Return a share (0 to 1) in per cent; what is not nothing is never shown as nothing."""
    least = Decimal(1).scaleb(-places)
    per_cent = Decimal(str(share)) * 100
    if per_cent > 0 and not per_cent.quantize(least, ROUND_HALF_EVEN):
        return f"< {number(least, places, language=language)} %"
    return f"{number(per_cent, places, language=language)} %"


def unit_name(unit: str) -> str:
    """Return a unit as the reader reads it."""
    return str(UNITS.get(unit, unit))


def quantity(
    value: Number | None, unit: str, places: int | None = None, *, language: str | None = None
) -> str:
    """Return a measure with its unit as it is written: ``1 234,5 m²``."""
    if value is None:
        return NOTHING
    return f"{number(value, places, language=language)} {unit_name(unit)}".strip()


def day(value: date | datetime | str | None) -> str:
    """Return a day, also one out of JSON (ISO), in the reader's form."""
    return NOTHING if not value else str(date_format(_moment(value), "DATE_FORMAT"))


def moment(value: datetime | str | None) -> str:
    """Return a day with hour and minute [local time] in the reader's form."""
    return NOTHING if not value else str(date_format(_moment(value), "DATETIME_FORMAT"))


def day_in(value: date | str | None, language: str) -> str:
    """Return a day in the form of one language, whatever the reader's is."""
    with override(language):
        return day(value)


def typed_number(text: str, language: str | None = None) -> float:
    """Read what a person typed: Khmer or Western digits, decimal comma or point, spaces.

    Raises
    ------
    AmbiguousNumberError
        One mark before exactly three digits, and the page's language does not settle it.
    ValueError
        It is no number.
    """
    plain = _BLANK.sub("", text.translate(KHMER_DIGITS))
    if _ONE_GROUP.fullmatch(plain) and not _is_settled(language):
        raise AmbiguousNumberError(text)
    return float(_with_a_point(plain, language))


def _is_settled(language: str | None) -> bool:
    """Tell whether point and comma each have one meaning on pages in this language."""
    return set(marks(language)) == {".", ","}


def _with_a_point(plain: str, language: str | None) -> str:
    """Return a typed number as a program writes it: a point, and nothing between thousands."""
    if "," in plain and "." in plain:
        return _both_marks(plain)
    grouped = _GROUPS.fullmatch(plain)
    if grouped and (plain.count(grouped["mark"]) > 1 or grouped["mark"] == marks(language)[1]):
        if not _ONE_GROUP.match(plain):
            raise ValueError(plain)
        return plain.replace(grouped["mark"], "")
    if not _PLAIN.fullmatch(plain):
        raise ValueError(plain)
    return plain.replace(",", ".")


def _both_marks(plain: str) -> str:
    """Read 1.234,5 and 1,234.5: the last mark is the decimal one, the groups must be whole."""
    decimal = max(",.", key=plain.rfind)
    whole, part = plain.split(decimal, 1)
    if not part.isdigit() or not _GROUPS.fullmatch(whole):
        raise ValueError(plain)
    return f"{whole.replace(',', '').replace('.', '')}.{part}"


def _in_marks(text: str, language: str | None) -> str:
    decimal, group = marks(language)
    return text.replace(",", "\0").replace(".", decimal).replace("\0", group)


def _moment(value: Any) -> date | datetime:  # noqa: ANN401 - a date, or the text of one out of JSON
    if isinstance(value, str):
        value = (
            date.fromisoformat(value)
            if len(value) == len("2035-12-31")
            else (datetime.fromisoformat(value))
        )
    is_aware = isinstance(value, datetime) and value.tzinfo is not None
    return timezone.localtime(value) if is_aware else value
