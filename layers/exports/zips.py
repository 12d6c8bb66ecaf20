"""A zip file written while it is read: nothing of it stands in memory or on the disk."""

import zipfile
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from django.utils import timezone

# Zip's own limit for one part is 4 GiB unless its header says otherwise beforehand.
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """One file in the zip; ``is_packed`` False where it is compressed already."""

    name: str
    content: Iterable[bytes]
    is_packed: bool = True


class _Outlet:
    """A file that cannot go back: zipfile then writes each part's sizes behind it."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, content: Any) -> int:  # noqa: ANN401 - any bytes-like
        self._waiting.append(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        content = b"".join(self._waiting)
        self._waiting.clear()
        return content


def zipped(parts: Iterable[Part]) -> Generator[bytes]:
    """Yield a zip file of these parts, each read as it is needed."""
    outlet = _Outlet()
    with zipfile.ZipFile(cast("IO[bytes]", outlet), "w") as archive:
        for part in parts:
            with archive.open(_described(part), "w", force_zip64=True) as entry:
                for content in part.content:
                    entry.write(content)
                    if ready := outlet.taken():
                        yield ready
    yield outlet.taken()


def _described(part: Part) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(part.name, timezone.localtime().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED if part.is_packed else zipfile.ZIP_STORED
    return entry


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield an open file in pieces and close it."""
    with file:
        while piece := file.read(_PIECE_BYTES):
            yield piece
