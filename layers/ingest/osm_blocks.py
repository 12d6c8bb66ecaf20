"""Is an OpenStreetMap extract whole? GDAL stops at the first broken block without a word.

The format (wiki.openstreetmap.org/wiki/PBF_Format) is a row of blocks: four bytes with the length
of a header, the header with the length of the block, the block itself, mostly packed by zlib.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from layers.ingest.batches import SourceError
from layers.retold import gettext as _

# The format's own limits.
_MAX_HEADER_BYTES = 64 * 1024
_MAX_BLOCK_BYTES = 32 * 1024**2
_KIND, _LENGTH = 1, 3  # fields of the header of a block
_RAW_LENGTH, _ZLIB = 2, 3  # fields of a block
_VARINT, _BYTES = 0, 2  # wire types of protocol buffers


def check_whole(path: Path, name: str) -> None:
    """Check that every block of an extract is there and can be unpacked.

    Raises
    ------
    SourceError
        The file breaks off, or a block is damaged.
    """
    with path.open("rb") as file:
        try:
            kinds = [_checked_block(file, head) for head in iter(lambda: file.read(4), b"")]
        except (ValueError, LookupError, zlib.error) as error:
            raise SourceError(
                _(
                    "%(name)s cannot be read: it is damaged or incomplete (around byte "
                    "%(tell)s of %(st_size)s). Nothing was imported."
                )
                % {"name": name, "tell": file.tell(), "st_size": path.stat().st_size},
                remedy=_("Fetch the extract again and compare its size with the original."),
            ) from error
    if b"OSMData" not in kinds:
        raise SourceError(
            _("%(name)s holds no map data. Nothing was imported.") % {"name": name},
            remedy=_("Fetch the extract again, or choose a larger area."),
        )


def _checked_block(file: BinaryIO, head: bytes) -> bytes:
    """Read one block, check it and return its kind."""
    header = dict(_fields(_exactly(file, int.from_bytes(head, "big"), _MAX_HEADER_BYTES)))
    length, kind = header[_LENGTH], header[_KIND]
    if len(head) != 4 or not isinstance(length, int) or not isinstance(kind, bytes):  # noqa: PLR2004
        raise ValueError("no header")
    block = dict(_fields(_exactly(file, length, _MAX_BLOCK_BYTES)))
    packed = block.get(_ZLIB)
    if isinstance(packed, bytes):
        unpacked = zlib.decompressobj().decompress(packed, _MAX_BLOCK_BYTES + 1)
        if len(unpacked) != block.get(_RAW_LENGTH):
            raise ValueError("another length than stated")
    return kind


def _exactly(file: BinaryIO, length: int, most: int) -> bytes:
    content = file.read(length) if length <= most else b""
    if len(content) != length:
        raise ValueError("breaks off")
    return content


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of the fields of a protocol-buffers message."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        value, place = _varint(message, place)
        if key & 7 == _BYTES:
            end = place + value
            if end > len(message):
                raise ValueError("breaks off")
            yield key >> 3, message[place:end]
            place = end
        elif key & 7 == _VARINT:
            yield key >> 3, value
        else:
            raise ValueError("unexpected field")


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, place
