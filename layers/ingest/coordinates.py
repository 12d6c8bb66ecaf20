"""Coordinates in tables, as people write them.

Plain numbers are read column by column. What is left is looked at one by one: a decimal comma,
thousands in groups, Khmer digits, degrees with minutes and seconds, a letter for the hemisphere.
"""

import math
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_PLAIN = r"^[-+]?[0-9]*\.?[0-9]+([eE][-+]?[0-9]+)?$"
# Khmer digits; the minus signs, blanks, apostrophes and primes that word processors put in.
_SIGNS = str.maketrans(
    "០១២៣៤៥៦៧៨៩\u2212\u2013\u00a0\u202f\u2009\u2019\u2032\u2033\u00ba\u02da:",
    "0123456789--   ''\"°° ",
)
_GROUPED = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d{1,3}(?:[ ']\d{3})+)(?:[.,](?P<rest>\d+))?")
_COMMA_GROUPS = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d{1,3}(?:,\d{3})+)(?:\.(?P<rest>\d+))?")
_POINT_GROUPS = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d{1,3}(?:\.\d{3})+),(?P<rest>\d+)")
_DEGREES = re.compile(
    r"(?P<before>[NSEWnsew])?\s*(?P<sign>[-+]?)(?P<degrees>\d{1,3}(?:[.,]\d+)?)\s*°?\s*"
    r"(?:(?P<minutes>(?<=[° ])\d{1,2}(?:[.,]\d+)?)\s*['\s]?\s*"
    r"(?:(?P<seconds>(?<=[' ])\d{1,2}(?:[.,]\d+)?)\s*(?:\"|'')?)?)?"
    r"\s*(?P<after>[NSEW]|(?<=\s)[nsew])?"
)
_SIXTY = 60
_LONGEST = 40  # longer cells hold something else


@dataclass(slots=True)
class Punctuation:
    """How the coordinates of a table are written, as far as it was read."""

    has_comma: bool = False
    has_point: bool = False
    has_groups: bool = False  # 1,170,000
    is_otherwise: bool = False  # some are no plain numbers, and yet coordinates

    @property
    def is_decimal_comma(self) -> bool:
        """True when a comma parts whole numbers from decimals."""
        return self.has_comma and not self.has_point and not self.has_groups

    def look(self, column: pa.Array) -> None:
        """Look at more of the coordinates."""
        self.has_comma |= bool(pc.any(pc.match_substring(column, ",")).as_py())
        self.has_point |= bool(pc.any(pc.match_substring(column, ".")).as_py())
        self.has_groups |= bool(pc.any(pc.match_substring_regex(column, r",\d{3},")).as_py())
        if not self.is_otherwise:
            left = _left_over(pc.replace_substring(column, ",", "."))
            self.is_otherwise = any(
                not math.isnan(coordinate(text, is_decimal_comma=self.is_decimal_comma))
                for text in column.filter(left).to_pylist()
            )


def as_numbers(column: pa.Array, *, decimal_comma: bool) -> np.ndarray:
    """Return texts as numbers, NaN for those that are none."""
    plain = pc.replace_substring(column, ",", ".") if decimal_comma else column
    left = _left_over(plain)
    numbers = pc.cast(pc.if_else(left, pa.scalar(None, pa.string()), plain), pa.float64())
    found = np.array(numbers.to_numpy(zero_copy_only=False), dtype=float)
    for place in np.flatnonzero(np.asarray(left)):
        found[place] = coordinate(column[int(place)].as_py(), is_decimal_comma=decimal_comma)
    return found


def _left_over(column: pa.Array) -> pa.Array:
    """Tell which texts are no plain numbers."""
    is_plain = pc.fill_null(pc.match_substring_regex(column, _PLAIN), fill_value=True)
    return pc.invert(is_plain)


def coordinate(text: str, *, is_decimal_comma: bool) -> float:
    """Return one coordinate as people write it, NaN when it is none."""
    told = text.translate(_SIGNS).strip()
    if len(told) > _LONGEST:
        return math.nan
    if re.fullmatch(_PLAIN, told.replace(",", ".") if is_decimal_comma else told):
        return float(told.replace(",", "."))
    patterns = (_GROUPED, _POINT_GROUPS, *(() if is_decimal_comma else (_COMMA_GROUPS,)))
    for pattern in patterns:
        if found := pattern.fullmatch(told):
            whole = re.sub(r"\D", "", found["whole"])
            return float(f"{found['sign']}{whole}.{found['rest'] or 0}")
    return _in_degrees(told)


def _in_degrees(told: str) -> float:
    """Return degrees, minutes and seconds as degrees; south and west are negative."""
    found = _DEGREES.fullmatch(told)
    if not found or (found["before"] and found["after"]):
        return math.nan
    if "°" not in told and not any(found[part] for part in ("before", "after", "minutes")):
        return math.nan  # a bare number of two readings
    half = (found["before"] or found["after"] or "").upper()
    degrees, minutes, seconds = (
        float((found[part] or "0").replace(",", ".")) for part in ("degrees", "minutes", "seconds")
    )
    is_broken = (found["minutes"] and degrees % 1) or (found["seconds"] and minutes % 1)
    if is_broken or minutes >= _SIXTY or seconds >= _SIXTY or (half and found["sign"]):
        return math.nan
    value = degrees + minutes / _SIXTY + seconds / _SIXTY**2
    return -value if half in {"S", "W"} or found["sign"] == "-" else value
