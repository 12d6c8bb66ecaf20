"""How a page says a bilingual sentence, a basis, a share or an area."""

from django import template
from django.utils.translation import gettext_lazy as _

from layers.vocab import Basis
from planning.sentences import Said, in_language
from planning.vocab import Permission

register = template.Library()

# Units as records state them, and as a reader reads them; all others read as written.
UNITS = {
    "m2": _("m²"),
    "m2/m2": "",
    "m": _("m"),
    "storeys": _("storeys"),
    "cars": _("cars"),
    "dwellings/ha": _("dwellings per hectare"),
    "percentage points": _("percentage points"),
}


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


@register.filter
def percent(share: float) -> str:
    """Return a share (0 to 1) in per cent; what is not nothing is never shown as 0 %."""
    shown = f"{share * 100:.1f} %"
    return "< 0.1 %" if share > 0 and shown == "0.0 %" else shown


@register.filter
def metres(value: float | None) -> str:
    """Return a number with thousands apart and no needless decimals."""
    if value is None:
        return "–"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


@register.filter
def signed(value: float) -> str:
    """Return a margin with its sign."""
    return "0" if not value else f"{value:+,.2f}".rstrip("0").rstrip(".")


@register.filter
def unit_name(unit: str) -> str:
    """Return a unit as the reader reads it."""
    return str(UNITS.get(unit, unit))
