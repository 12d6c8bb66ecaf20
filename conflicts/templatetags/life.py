"""What templates need to show the life of findings."""

from collections.abc import Mapping

from django import template

register = template.Library()


@register.filter
def at(values: Mapping[int, str], key: int) -> str:
    """Return what stands at a key; nothing where nothing does."""
    return values.get(key, "")
