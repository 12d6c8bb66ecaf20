"""One form for Khmer that looks the same however it was typed (as krong_folded in the database).

A reader cannot see in which order the signs around a letter were typed: េ and ា make ោ, a
subscript រ may come before or after another subscript, a mark before or after a vowel. Texts are
compared after these rules; they are never shown so.

- Signs of one letter go: subscripts, subscript រ, registers, vowels (below, before, above, after),
  marks.
- េ + ា is ោ, េ + ី is ើ (Unicode standard, 16.4: the parts are not meant to be typed alone).
- The subscripts of ដ and ត are drawn alike, and so are a register sign and ុ under a vowel above.
- ឣ and ឤ, which Unicode discourages, are អ and អា; vowels without a shape are left out.
"""

import re

COENG, RO = "\u17d2", "\u179a"
SHAPELESS = "\u17b4\u17b5"
# the signs in the order they are put into, by place
_REGISTERS = "\u17c9\u17ca"
_BELOW = "\u17bb-\u17bd"
_BEFORE = "\u17c1-\u17c3"
_ABOVE = "\u17b7-\u17ba\u17be"
_AFTER = "\u17b6\u17bf\u17c0\u17c4\u17c5"
_MARKS = "\u17c6-\u17c8\u17cb-\u17d1\u17dd"
_PLACES = (_REGISTERS, _BELOW, _BEFORE, _ABOVE, _AFTER, _MARKS)
_SIGNS = "\u17b6-\u17d1\u17dd"
_LETTERS = "\u1780-\u17b3"
_RUN = re.compile(f"(?:{COENG}[{_LETTERS}]|[{_SIGNS}])+")
_ORDERED = tuple(re.compile(f"[{place}]") for place in _PLACES)
_SUBSCRIPT = re.compile(f"{COENG}[{_LETTERS}]")
_UNDER_ABOVE = re.compile(f"[{_REGISTERS}\u17bb](?=[{_ABOVE}])")
_SAME = (
    ("\u17a3", "\u17a2"),
    ("\u17a4", "\u17a2\u17b6"),
    ("\u17d2\u178a", "\u17d2\u178f"),
)
_TWO_PARTS = (("\u17c1\u17b6", "\u17c4"), ("\u17c1\u17b8", "\u17be"))


def folded(text: str) -> str:
    """Return Khmer text in the form it is compared in; other scripts stay as they are."""
    if text.isascii():
        return text
    for found, instead in _SAME:
        text = text.replace(found, instead)
    text = _RUN.sub(_in_order, text)
    for found, instead in _TWO_PARTS:
        text = text.replace(found, instead)
    return _UNDER_ABOVE.sub("\u17bb", text)


def _in_order(found: re.Match[str]) -> str:
    subscripts = _SUBSCRIPT.findall(found[0])
    signs = _SUBSCRIPT.sub("", found[0])
    plain = [one for one in subscripts if one != COENG + RO]
    with_ro = [one for one in subscripts if one == COENG + RO]
    placed = [sign for place in _ORDERED for sign in place.findall(signs)]
    return "".join([*plain, *with_ro, *placed])
