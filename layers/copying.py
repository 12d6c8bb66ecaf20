"""Rows for PostgreSQL's COPY in binary form, a batch at a time so that memory stays flat.

A row has five fields: identifier (text), class (bigint or null), lifecycle (text), shape (EWKB in
PROJECT_SRID), attributes (jsonb). Each field is its length as four bytes, then its bytes; a null
is the length -1 (PostgreSQL's documentation, COPY, "Binary Format"). jsonb is sent as its version
(1) and its text.
"""

import struct
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

COLUMNS = ("stable_id", "land_use_id", "lifecycle", "geometry", "properties")
SIGNATURE = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)  # no flags, no header extension
TRAILER = struct.pack("!h", -1)
FIELD_COUNT = struct.pack("!h", len(COLUMNS))
NULL = struct.pack("!i", -1)
JSONB_VERSION = b"\x01"


@dataclass(frozen=True, slots=True)
class EncodedBatch:
    """Features already written as rows of a binary COPY, without its signature and trailer."""

    rows: int
    lines: bytes | memoryview

    def stream(self) -> BytesIO:
        """Return the batch as a COPY of its own."""
        return BytesIO(b"".join((SIGNATURE, self.lines, TRAILER)))


def joined(rows: Iterable[bytes]) -> EncodedBatch:
    """Return rows as one batch."""
    listed = list(rows)
    return EncodedBatch(len(listed), b"".join(listed))


def copy_row(
    stable_id: str, land_use_id: int | None, lifecycle: str, ewkb: bytes, properties: str
) -> bytes:
    """Return one row."""
    land_use = None if land_use_id is None else struct.pack("!q", land_use_id)
    attributes = JSONB_VERSION + properties.encode()
    fields = (stable_id.encode(), land_use, lifecycle.encode(), ewkb, attributes)
    return FIELD_COUNT + b"".join(map(_field, fields))


def _field(content: bytes | None) -> bytes:
    return NULL if content is None else struct.pack("!i", len(content)) + content
