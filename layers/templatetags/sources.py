"""Source ids that can be followed: ``{{ rule.citation|link_sources }}`` links [S23]."""

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString

from layers.sources import with_links

register = template.Library()


@register.filter
def link_sources(text: object) -> SafeString:
    """Return a text, escaped, with each known source id as a link to the list of sources."""
    return with_links("" if text is None else str(text), reverse("sources"))
