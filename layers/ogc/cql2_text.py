"""CQL2 text (OGC 21-065r2) read into the tree of CQL2 JSON, which is then checked and asked.

AND binds closer than OR, NOT closer than both; quotes are doubled inside texts; names that are no
plain words stand in double quotes. The parser never goes deeper than ``DEEPEST``.
"""

import re
from collections.abc import Callable
from typing import Any

import shapely
from django.utils.translation import gettext as _

from layers.ogc.errors import BadParameterError

LONGEST = 8_000  # characters
DEEPEST = 30
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.]))
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<word>[^\W\d][\w:.\u1780-\u17ff\u200b-\u200d]*)
    |(?P<sign><>|<=|>=|[=<>(),+*/^%-])
    |(?P<end>\Z))""",
    re.VERBOSE,
)
_COMPARISONS = frozenset({"=", "<>", "<", ">", "<=", ">="})
_SHAPES = frozenset({"POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING",
                     "MULTIPOLYGON", "GEOMETRYCOLLECTION"})  # fmt: skip
_RESERVED = frozenset({"AND", "OR", "NOT", "BETWEEN", "LIKE", "IN", "IS", "NULL"})
# no collection within a collection: nothing is gained by it, and its depth would have no end
_WKT_INSIDE = re.compile(
    r"(?:[\s\d.,()eE+-]|(?:MULTI)?(?:POINT|LINESTRING|POLYGON)(?:\s+Z)?)*", re.IGNORECASE
)
Tree = Any


class Cql2TextError(BadParameterError):
    """A filter that is no CQL2 text."""


def parse_text(text: str) -> Tree:
    """Return the CQL2 JSON of a CQL2 text.

    Raises
    ------
    Cql2TextError
    """
    if len(text) > LONGEST:
        raise Cql2TextError(
            _("The filter is longer than %(most)d characters.") % {"most": LONGEST},
            remedy=_("Ask for less at a time."),
        )
    reader = _Reader(text)
    tree = reader.disjunction()
    if reader.kind != "end":
        raise reader.unexpected()
    return tree


class _Reader:
    """The place in the text and the word that stands there."""

    def __init__(self, text: str) -> None:
        self.text, self.after, self.depth = text, 0, 0
        self.start, self.kind, self.value = 0, "", ""
        self.advance()

    def advance(self) -> str:
        """Step to the next word; return the one left behind."""
        left = self.value
        found = _TOKEN.match(self.text, self.after)
        if found is None:
            self.start = self.after
            raise self.unexpected()
        self.kind = str(found.lastgroup)
        self.value = found[self.kind]
        self.start, self.after = found.start(self.kind), found.end()
        return left

    def unexpected(self) -> Cql2TextError:
        """Return what is wrong here."""
        rest = self.text[self.start : self.start + 30]
        return Cql2TextError(
            _("The filter cannot be read at character %(at)d: '%(rest)s'.")
            % {"at": self.start + 1, "rest": rest},
            remedy=_("Write CQL2 text, for example: height_m > 12 AND land_use = 'R1'."),
        )

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.value.upper() in words

    def takes(self, *values: str) -> bool:
        """Step over one of these words or signs if it stands here."""
        if self.is_word(*values) or (self.kind == "sign" and self.value in values):
            self.advance()
            return True
        return False

    def needs(self, value: str) -> None:
        if not self.takes(value):
            raise self.unexpected()

    def nested(self, read: Callable[[], Tree]) -> Tree:
        """Read something one level deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise Cql2TextError(
                _("The filter is nested deeper than %(most)d levels.") % {"most": DEEPEST},
                remedy=_("Ask for less at a time."),
            )
        tree = read()
        self.depth -= 1
        return tree

    def disjunction(self) -> Tree:
        return self._joined("OR", self._conjunction)

    def _conjunction(self) -> Tree:
        return self._joined("AND", self._negation)

    def _joined(self, word: str, read: Callable[[], Tree]) -> Tree:
        parts = [read()]
        while self.takes(word):
            parts.append(read())
        return parts[0] if len(parts) == 1 else {"op": word.lower(), "args": parts}

    def _negation(self) -> Tree:
        if self.takes("NOT"):
            return {"op": "not", "args": [self.nested(self._negation)]}
        return self._comparison()

    def _comparison(self) -> Tree:
        left = self._operand()
        if self.kind == "sign" and self.value in _COMPARISONS:
            return {"op": self.advance(), "args": [left, self._operand()]}
        if self.takes("IS"):
            is_not = self.takes("NOT")
            self.needs("NULL")
            return _negated({"op": "isNull", "args": [left]}, is_not=is_not)
        is_not = self.is_word("NOT")
        if is_not:
            self.advance()
        found = self._range(left)
        if found is None and is_not:
            raise self.unexpected()
        return left if found is None else _negated(found, is_not=is_not)

    def _range(self, left: Tree) -> Tree | None:
        if self.takes("BETWEEN"):
            low = self._operand()
            self.needs("AND")
            return {"op": "between", "args": [left, low, self._operand()]}
        if self.takes("LIKE"):
            return {"op": "like", "args": [left, self._operand()]}
        if self.takes("IN"):
            self.needs("(")
            return {"op": "in", "args": [left, self._list(self._operand)]}
        return None

    def _list(self, read: Callable[[], Tree]) -> list[Tree]:
        """Read what stands between commas, up to and with the closing bracket."""
        parts = [self.nested(read)]
        while self.takes(","):
            parts.append(self.nested(read))
        self.needs(")")
        return parts

    def _operand(self) -> Tree:
        if self.takes("("):
            tree = self.nested(self.disjunction)
            self.needs(")")
            return tree
        if self.takes("-"):
            return -self._number()
        if self.kind == "number":
            return self._number()
        if self.kind == "text":
            return self.advance()[1:-1].replace("''", "'")
        if self.kind == "quoted":
            return {"property": self.advance()[1:-1].replace('""', '"')}
        if self.kind == "word" and self.value.upper() not in _RESERVED:
            return self._word()
        raise self.unexpected()

    def _number(self) -> int | float:
        if self.kind != "number":
            raise self.unexpected()
        text = self.advance()
        return int(text) if text.isdigit() and len(text) < 19 else float(text)  # noqa: PLR2004

    def _word(self) -> Tree:
        if self.is_word(*_SHAPES):
            return self._shape()
        word = self.advance()
        if word.upper() in ("TRUE", "FALSE"):
            return word.upper() == "TRUE"
        if not self.takes("("):
            return {"property": word}
        arguments = self._list(self.disjunction)
        return _called(word.lower(), arguments)

    def _shape(self) -> Tree:
        """Read well-known text up to its closing bracket."""
        begin = self.start
        opening = self.text.find("(", begin)
        end = _closing(self.text, opening)
        inside = self.text[opening:end] if opening >= 0 else ""
        if not inside or not _WKT_INSIDE.fullmatch(inside):
            raise self.unexpected()
        try:
            shape = shapely.from_wkt(self.text[begin:end])
        except (shapely.errors.GEOSException, ValueError) as error:
            raise self.unexpected() from error
        self.after = end
        self.advance()
        return _as_lists(shapely.geometry.mapping(shape))


def _closing(text: str, opening: int) -> int:
    """Return the place behind the bracket that closes the one at ``opening``."""
    depth = 0
    for place in range(max(opening, 0), len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth == 0:
            return place + 1
    return max(opening, 0)


def _as_lists(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {name: _as_lists(part) for name, part in value.items()}
    return [_as_lists(part) for part in value] if isinstance(value, list | tuple) else value


def _called(name: str, arguments: list[Tree]) -> Tree:
    if name in ("date", "timestamp"):
        return {name: arguments[0] if len(arguments) == 1 else arguments}
    if name in ("interval", "bbox"):
        return {name: arguments}
    return {"op": name, "args": arguments}


def _negated(tree: Tree, *, is_not: bool) -> Tree:
    return {"op": "not", "args": [tree]} if is_not else tree
