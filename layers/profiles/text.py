"""What a name in a profile may hold: it is shown on maps and lists, so it must be read as it is."""

import unicodedata
from collections.abc import Iterable

from django.utils.translation import gettext as _

from layers.profiles.vocab import LONGEST_REASON

# Khmer words are parted and joined by these; all other invisible signs only hide or turn text.
_ALLOWED = frozenset("\u200b\u200c\u200d")
_REFUSED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


# Where a reason begins a new line.
_LINES = frozenset("\r\n\t")


def check_name(name: str) -> str:
    """Return what is wrong with a name, empty where nothing is."""
    return _told(sign for sign in name if sign not in _ALLOWED)


def check_reason(reason: str) -> str:
    """Return what is wrong with a reason, which may have several lines; empty where nothing is."""
    if len(reason) > LONGEST_REASON:
        return _("It is longer than %(longest)d letters.") % {"longest": LONGEST_REASON}
    return _told(sign for sign in reason if sign not in _ALLOWED | _LINES)


def _told(signs: Iterable[str]) -> str:
    hidden = [sign for sign in signs if unicodedata.category(sign) in _REFUSED]
    if not hidden:
        return ""
    return _("The sign U+%(code)s cannot be seen. Type the text without it.") % {
        "code": f"{ord(hidden[0]):04X}"
    }
