"""Numbers and days in templates: ``{{ area|number:2 }}``, ``{{ on|day }}``."""

from django import template

from layers import numbers
from layers.property_names import coded_value

register = template.Library()


@register.filter
def number(value: numbers.Number | None, places: int | None = None) -> str:
    """Return a number in the reader's form, with fixed decimals if their count is given."""
    return numbers.number(value, places)


@register.filter
def signed(value: numbers.Number) -> str:
    """Return a margin with its sign."""
    return numbers.number(value, sign=True)


@register.filter
def percent(share: numbers.Number, places: int = 1) -> str:
    """Return a share (0 to 1) in per cent."""
    return numbers.percent(share, places)


@register.filter
def coded(code: str, attribute: str) -> str:
    """Return the code of an attribute as a reader reads it."""
    return coded_value(attribute, code)


register.filter("unit_name", numbers.unit_name)
register.filter("day", numbers.day)
register.filter("moment", numbers.moment)
