"""What the reading process sends: frames of a kind, a length and that many bytes.

The receiver trusts nothing: kinds, lengths and the sum of all are checked, and what is inside is
JSON or bytes for the database's COPY, never an object to be unpickled.
"""

import json
import os
import struct
from collections.abc import Callable, Iterator
from typing import Any

from layers.errors import UserFacingError
from layers.retold import gettext as _

_HEAD = struct.Struct("<cQ")
MESSAGE, BATCH = b"J", b"B"
MAX_MESSAGE_BYTES = 64 * 1024**2
# A batch is made of at most 48 MB of outlines (layers/ingest/vectors.py), written in hexadecimal,
# plus attributes; one row may be larger.
MAX_BATCH_BYTES = 1024**3
_WRITE_BYTES = 1 << 20


class FrameError(UserFacingError):
    """The reading process sent what it must not send."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            _("%(name)s: the program that reads files sent %(reason)s. Nothing was stored.")
            % {"name": name, "reason": reason},
            remedy=_("The file may be made to do harm. Do not use it; report it with the file."),
        )


def write_message(target: int, message: dict[str, Any]) -> None:
    """Send a JSON object."""
    _write(target, MESSAGE, [json.dumps(message, ensure_ascii=False, default=str).encode()])


def write_batch(target: int, parts: list[bytes]) -> None:
    """Send the parts of a batch."""
    sizes = struct.pack(f"<I{len(parts)}Q", len(parts), *map(len, parts))
    _write(target, BATCH, [sizes, *parts])


def _write(target: int, kind: bytes, parts: list[bytes]) -> None:
    for part in (_HEAD.pack(kind, sum(map(len, parts))), *parts):
        view = memoryview(part)
        while view:
            view = view[os.write(target, view[:_WRITE_BYTES]) :]


def read_frames(
    read: Callable[[int], bytes | bytearray], *, name: str, max_bytes: int
) -> Iterator[tuple[bytes, bytes | bytearray | dict[str, Any]]]:
    """Yield (kind, content) until the sender ends; a frame cut short is the end.

    Raises
    ------
    FrameError
        An unknown kind, a length beyond the limits, or a message that is no JSON object.
    """
    total = 0
    while len(head := read(_HEAD.size)) == _HEAD.size:
        kind, length = _HEAD.unpack(head)
        limits = {MESSAGE: MAX_MESSAGE_BYTES, BATCH: MAX_BATCH_BYTES}
        total += length
        if length > limits.get(kind, -1) or total > max_bytes:
            raise FrameError(name, _("more than a file of its size can hold"))
        content = read(length)
        if len(content) < length:
            return
        yield kind, content if kind == BATCH else _message(content, name)


def batch_parts(content: bytes | bytearray, *, name: str, count: int) -> list[memoryview]:
    """Return the parts of a batch, of which there must be so many, where they lie."""
    try:
        (stated,) = struct.unpack_from("<I", content)
        sizes = struct.unpack_from(f"<{count}Q", content, 4)
    except struct.error as error:
        raise FrameError(name, _("a batch without its sizes")) from error
    start = 4 + 8 * count
    if stated != count or start + sum(sizes) != len(content):
        raise FrameError(name, _("a batch of another size than it states"))
    view, parts = memoryview(content), []
    for size in sizes:
        parts.append(view[start : start + size])
        start += size
    return parts


def _message(content: bytes | bytearray, name: str) -> dict[str, Any]:
    try:
        message = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise FrameError(name, _("a message that is no JSON")) from error
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        raise FrameError(name, _("a message without a type"))
    return message
