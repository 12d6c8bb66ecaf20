"""What a name in a profile may hold: it is shown on maps and lists, so it must be read as it is."""

import unicodedata

from django.utils.translation import gettext as _

# Khmer words are parted and joined by these; all other invisible signs only hide or turn text.
_ALLOWED = frozenset("\u200b\u200c\u200d")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def check_name(name: str) -> str:
    """Return what is wrong with a name, empty where nothing is."""
    hidden = [
        sign for sign in name if sign not in _ALLOWED and unicodedata.category(sign) in _REFUSED
    ]
    if not hidden:
        return ""
    return _("The sign U+%(code)s cannot be seen. Type the name without it.") % {
        "code": f"{ord(hidden[0]):04X}"
    }
