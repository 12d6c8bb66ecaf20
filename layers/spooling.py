"""What a reader takes away is first taken from the database, whole, at the database's own speed.

A reader on a slow line may take an hour. A cursor open that long keeps old rows from being cleaned
away and keeps a large layer from being attached; a passing file under ``var/`` keeps nobody.
"""

import tempfile
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from layers.errors import UserFacingError
from layers.scratch import passing_files

IN_MEMORY_BYTES = 4 * 1024**2
PIECE_BYTES = 1 << 20


class TooLargeError(UserFacingError):
    """More was asked for than this server keeps for one reader."""

    status = 413


@dataclass(frozen=True, slots=True)
class Spooled:
    """Bytes that wait for their reader; closing them, read or not, frees their place."""

    file: IO[bytes]
    size_bytes: int

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.file.read(PIECE_BYTES):
            yield piece

    def close(self) -> None:
        """Give the bytes up."""
        self.file.close()


def spooled(content: Generator[bytes]) -> Spooled:
    """Return all of a content, kept in memory while it is small, else in a file without a name.

    Nothing is left when the process is killed: the file has no name from its beginning.

    Raises
    ------
    TooLargeError
        It is larger than KRONG_EXPORT_MAX_MB.
    """
    # not a "with": whoever reads it closes it
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES, dir=str(passing_files()))  # noqa: SIM115
    size_bytes = 0
    try:
        with closing(content):
            for piece in content:
                size_bytes += len(piece)
                require_room(size_bytes)
                file.write(piece)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return Spooled(file, size_bytes)


def require_room(size_bytes: int) -> None:
    """Refuse to keep more for one reader than the deployment allows."""
    most = settings.KRONG_EXPORT_MAX_MB
    if size_bytes > most * 1024**2:
        raise TooLargeError(
            _("The file would be larger than %(most)d MB.") % {"most": most},
            remedy=_("Take a part of the layer: a class, a place or an attribute."),
        )
