"""Rows for PostgreSQL's COPY in text form, read on demand so that memory stays flat."""

from collections.abc import Iterator

NULL = b"\\N"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_row(*values: str | None) -> bytes:
    """Return one line of COPY text with NULL for None."""
    cells = (NULL if v is None else v.translate(_ESCAPES).encode() for v in values)
    return b"\t".join(cells) + b"\n"


class CopyStream:
    """A readable made of rows: psycopg2 asks for bytes, the rows are made as it asks."""

    def __init__(self, rows: Iterator[bytes]) -> None:
        self._rows = rows
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """Return at most ``size`` bytes; all that is left when negative."""
        parts, length = [self._left], len(self._left)
        while size < 0 or length < size:
            row = next(self._rows, None)
            if row is None:
                break
            parts.append(row)
            length += len(row)
        joined = b"".join(parts)
        if size < 0:
            size = len(joined)
        self._left = joined[size:]
        return joined[:size]
