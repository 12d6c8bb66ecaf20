"""Both languages side by side, and numbers as a sheet prints them."""

from decimal import Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from planning.sentences import Said

register = template.Library()


@register.filter
def both(pair: Said) -> SafeString:
    """Return Khmer and English; one of them where they are the same."""
    if pair["km"] == pair["en"]:
        return format_html("<span>{}</span>", pair["en"])
    return format_html(
        '<span lang="km">{}</span> <span lang="en" class="en">{}</span>', pair["km"], pair["en"]
    )


@register.filter
def fixed(value: Decimal | float | None, digits: int = 2) -> str:
    """Return a number with thousands apart and fixed decimals; a dash where there is none."""
    return "–" if value is None else f"{value:,.{digits}f}"


@register.filter
def as_percent(share: Decimal) -> str:
    """Return a share (0 to 1) in per cent with two decimals; what is something is never 0.00."""
    shown = f"{share * 100:.2f}"
    return "< 0.01" if share > 0 and shown == "0.00" else shown
