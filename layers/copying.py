"""Rows for PostgreSQL's COPY in text form, a batch at a time so that memory stays flat."""

from dataclasses import dataclass

NULL = b"\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """Features already written as COPY lines: identifier, class, lifecycle, hex EWKB, JSON."""

    lines: bytes


def copy_row(*values: str | None) -> bytes:
    """Return one line of COPY text with NULL for None."""
    cells = (NULL if v is None else v.translate(_ESCAPES).encode() for v in values)
    return b"\t".join(cells) + b"\n"
