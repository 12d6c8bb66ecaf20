"""What a table as text does not say of itself: its encoding, its delimiter, its header."""

import codecs
import csv
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from layers.ingest.batches import SourceError, check_field_count
from layers.retold import gettext as _

DELIMITERS = (",", ";", "\t", "|")
# What Windows programs write for Latin letters when they do not write UTF-8.
_FALLBACK = "cp1252"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT_LINES = 50
_COPY_BYTES = 1 << 20
_MAX_LINE = 16 * 1024**2


@dataclass(frozen=True, kw_only=True, slots=True)
class TextForm:
    """How a table is written."""

    encoding: str
    delimiter: str
    header: tuple[str, ...]
    is_guessed: bool  # the encoding

    @property
    def encoding_title(self) -> str:
        """The encoding as people call it."""
        return {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", _FALLBACK: "CP1252"}.get(
            self.encoding, self.encoding.upper()
        )


def recognised(path: Path, name: str, *, encoding: str = "") -> TextForm:
    """Return how a table is written.

    Raises
    ------
    SourceError
        Unknown encoding, no header, or no delimiter that divides the lines evenly.
    """
    found, is_guessed = _encoding(path, name, encoding)
    lines = _first_lines(path, name, found)
    if not lines:
        raise SourceError(
            _("%(name)s holds no lines.") % {"name": name}, remedy=_("Export it again.")
        )
    delimiter = _delimiter(lines)
    header = next(csv.reader(lines, delimiter=delimiter))
    check_field_count(name, len(header))
    return TextForm(
        encoding=found, delimiter=delimiter, header=_named(header), is_guessed=is_guessed
    )


def _encoding(path: Path, name: str, given: str) -> tuple[str, bool]:
    if given:
        try:
            return codecs.lookup(given).name, False
        except LookupError as error:
            raise SourceError(
                _("%(name)s: '%(given)s' is no known encoding.") % {"name": name, "given": given},
                remedy=_("Try UTF-8 or CP1252."),
            ) from error
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding, False
    return ("utf-8", False) if _is_utf8(path) else (_FALLBACK, True)


def _is_utf8(path: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        try:
            while chunk := file.read(_COPY_BYTES):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _first_lines(path: Path, name: str, encoding: str) -> list[str]:
    lines: list[str] = []
    try:
        with path.open(encoding=encoding, newline="") as file:
            while len(lines) < _LOOKED_AT_LINES and (line := file.readline(_MAX_LINE)):
                lines.append(line)
    except UnicodeError as error:
        raise SourceError(
            _("%(name)s cannot be read as %(encoding)s.") % {"name": name, "encoding": encoding},
            remedy=_("Name the encoding with --encoding."),
        ) from error
    return lines


def _delimiter(lines: list[str]) -> str:
    """Return the sign that divides most lines into the same number of cells, above one."""

    def evenness(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if row)
        width, lines_so_wide = widths.most_common(1)[0]
        return (lines_so_wide, width) if width > 1 else (0, 0)

    try:
        best = max(DELIMITERS, key=evenness)
        return best if evenness(best)[0] else ","
    except csv.Error:
        return ","


# What Krong and careful programs put before a text that would run as a formula in a spreadsheet.
FORMULA_SIGNS = "=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20"
GUARD = re.compile(f"^'([{FORMULA_SIGNS}'])")


def _named(header: list[str]) -> tuple[str, ...]:
    """Return the names of the columns: none empty, none twice."""
    names: list[str] = []
    for number, cell in enumerate(header, start=1):
        name = GUARD.sub(r"\1", cell.strip()) or f"column_{number}"
        while name in names:
            name = f"{name}_{number}"
        names.append(name)
    return tuple(names)
