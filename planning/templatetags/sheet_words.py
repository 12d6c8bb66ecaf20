"""Both languages side by side."""

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
