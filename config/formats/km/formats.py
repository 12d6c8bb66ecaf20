"""Khmer: decimal comma, day before month.

Thousands stand apart by a no-break space (ISO 80000-1, 7.3.2), never by a mark: both 1.234 and
1,234 are read as decimals by some in Cambodia, and CLDR itself changed the Khmer marks.
"""

DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "\u00a0"
NUMBER_GROUPING = 3
DATE_FORMAT = SHORT_DATE_FORMAT = "d/m/Y"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "d/m/Y H:i"
TIME_FORMAT = "H:i"
