"""Where uploaded files lie: each alone in a folder of a random name, swept when its time is over.

A name that came with a file never chooses a place: it only becomes the last part of the path, after
everything but letters, digits and a few signs was taken out of it.
"""

import hashlib
import re
import shutil
import unicodedata
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from layers.retold import gettext as _
from layers.uploads.errors import TooLargeError, UploadError
from layers.uploads.models import Upload

# A file name may take 255 bytes (Linux, ext4); a Khmer letter takes three.
LONGEST_NAME = 80
LONGEST_ENDING = 12
_ALLOWED_SIGNS = frozenset("-_.()+ ")
_MB = 1_000_000
_TOKEN = re.compile(r"[0-9a-f]{32}")
# What must be free on the disk, as a multiple of the file: it is unpacked and stored.
FREE_TIMES = 2


def safe_name(given: str) -> str:
    """Return a file name that is only a name: letters, digits and few signs, not too long."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    kept = "".join(sign for sign in unicodedata.normalize("NFC", last) if _is_allowed(sign))
    stem, dot, ending = kept.strip(". ").rpartition(".")
    if not dot or len(ending) > LONGEST_ENDING or not ending.isascii():
        return kept.strip(". ")[:LONGEST_NAME] or "file"
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip('. ') or 'file'}.{ending}"


def _is_allowed(sign: str) -> bool:
    """Letters with their marks (Khmer vowels are marks) and digits; nothing invisible."""
    return unicodedata.category(sign)[0] in "LMN" or sign in _ALLOWED_SIGNS


def folder_of(token: UUID) -> Path:
    """Return the folder of an upload."""
    return Path(settings.KRONG_UPLOAD_DIR) / token.hex


def path_of(upload: Upload) -> Path:
    """Return where the file of an upload lies."""
    return folder_of(upload.token) / upload.name


def max_bytes() -> int:
    """Return how large a file may be."""
    return int(settings.KRONG_UPLOAD_MAX_MB) * _MB


class KeptFile(UploadedFile[bytes]):
    """A file that lies in its folder already."""

    def __init__(self, *, token: UUID, path: Path, digest: str, size: int) -> None:
        super().__init__(file=None, name=path.name, size=size)
        self.token = token
        self.path = path
        self.digest = digest
        self.size_bytes = size

    def close(self) -> None:
        """Nothing is open: the file was written and closed."""


class KeepingHandler(FileUploadHandler):
    """Writes what arrives to its folder, bit by bit, and counts; leaves nothing of a broken one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as Django calls it
        super().__init__(*args, **kwargs)
        self.token = uuid4()
        self.is_too_large = False
        self._digest = hashlib.sha256()
        self._path: Path | None = None
        self._file: Any = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """Open the place of the file; only the first file of a request is taken."""
        super().new_file(*args, **kwargs)
        if self._path is not None:
            raise StopUpload(connection_reset=False)
        self._path = folder_of(self.token) / safe_name(self.file_name or "")
        self._path.parent.mkdir(parents=True, mode=0o700)
        self._file = self._path.open("wb")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a piece; stop where it becomes too much."""
        if start + len(raw_data) > max_bytes():
            self.is_too_large = True
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        self._digest.update(raw_data)
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> KeptFile:
        """Return the file as it lies there."""
        self._file.close()
        assert self._path is not None  # noqa: S101 - new_file came first
        return KeptFile(
            token=self.token, path=self._path, digest=self._digest.hexdigest(), size=file_size
        )

    def upload_interrupted(self) -> None:
        """Leave nothing behind."""
        if self._file is not None:
            self._file.close()
        remove_folder(self.token)


def check_room(length: int) -> None:
    """Refuse before anything is read what is too large, or for which the disk has no room.

    Raises
    ------
    UploadError
        Says which of the two.
    """
    if length > max_bytes() + _MB:  # the form around the file is small
        raise TooLargeError(settings.KRONG_UPLOAD_MAX_MB)
    place = Path(settings.KRONG_UPLOAD_DIR)
    place.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(place).free < FREE_TIMES * length:
        raise full_disk()


def full_disk() -> UploadError:
    """Return the error of a server without room."""
    return UploadError(
        _("The server's disk has no room for this file."),
        remedy=_("Nothing was kept. Tell the administrator; files brought in earlier take room."),
    )


def remove_folder(token: UUID) -> None:
    """Remove the file of an upload and its folder."""
    shutil.rmtree(folder_of(token), ignore_errors=True)


def orphaned_folders(known: set[str]) -> list[Path]:
    """Return folders that belong to no upload: of a server that was killed while one arrived."""
    place = Path(settings.KRONG_UPLOAD_DIR)
    # another folder, such as a disk's lost+found, is none of ours
    folders = [f for f in place.iterdir() if f.is_dir()] if place.is_dir() else []
    return [f for f in folders if _TOKEN.fullmatch(f.name) and f.name not in known]
