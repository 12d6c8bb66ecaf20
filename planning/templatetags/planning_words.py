"""How a page says a bilingual sentence, a basis or a permission."""

from django import template

from layers.vocab import Basis
from planning.sentences import Said, in_language
from planning.vocab import Permission

register = template.Library()


@register.filter
def said(pair: Said | None) -> str:
    """Return the half of a pair the reader reads."""
    return in_language(pair) if pair else ""


@register.filter
def basis_name(code: str) -> str:
    """Return what a basis is called."""
    return str(Basis(code).label) if code in Basis.values else code


@register.filter
def permission_name(code: str) -> str:
    """Return what a permission is called."""
    return str(Permission(code).label) if code in Permission.values else code
