"""Drawn tiles as files: bounded in size, shared by all workers, each drawn once.

A file appears whole or not at all (written beside, then renamed). When many ask for a tile that is
not there, one draws and the others wait for it. The oldest go first when the room is used up.
"""

import contextlib
import fcntl
import hashlib
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

SHELVES = 256
# Each shelf is swept once in so many writes, down to this share of its room.
WRITES_PER_SWEEP = 16
KEPT_SHARE = 0.8
# The time of last use is noted no more often than this [s].
NOTED_EVERY_S = 3600.0
LEFT_BEHIND_AFTER_S = 600.0  # an unfinished file this old belongs to a process that died
UNFINISHED = ".part"


def kept_or_drawn(name: str, draw: Callable[[], bytes]) -> bytes:
    """Return what is kept under a name; else draw it, keep it and return it.

    What ``draw`` raises is passed on and nothing is kept.
    """
    path = _place(name)
    kept = _read(path)
    if kept is not None:
        return kept
    with _only_one(path):
        kept = _read(path)  # another may have drawn it while we waited
        if kept is None:
            kept = draw()
            _write(path, kept)
    return kept


def kept(name: str) -> bytes | None:
    """Return what is kept under a name, None if nothing is."""
    return _read(_place(name))


def _place(name: str) -> Path:
    digest = hashlib.sha256(name.encode()).hexdigest()
    return Path(settings.KRONG_TILE_FOLDER) / digest[:2] / digest[2:]


def _read(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            content = file.read()
            if time.time() - os.fstat(file.fileno()).st_mtime > NOTED_EVERY_S:
                os.utime(path)
    except FileNotFoundError:
        return None
    return content


@contextlib.contextmanager
def _only_one(path: Path) -> Iterator[None]:
    """Hold the lock of a shelf's slot: across processes and threads, gone when its holder dies."""
    folder = path.parent.parent / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / path.name[:3]).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, suffix=UNFINISHED)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(unfinished).replace(path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    if random.randrange(WRITES_PER_SWEEP) == 0:  # noqa: S311 - no secret
        sweep(path.parent, settings.KRONG_TILE_CACHE_MB * 1_000_000 // SHELVES)


def sweep(shelf: Path, room_bytes: int) -> None:
    """Remove what was used longest ago until a shelf holds at most four fifths of its room.

    Nothing is removed while the room suffices. A reader that has a file open keeps it.
    """
    files = []
    for entry in os.scandir(shelf):
        with contextlib.suppress(FileNotFoundError):  # another worker sweeps too
            files.append((entry.stat().st_mtime, entry.stat().st_size, entry.path))
    for used_at, _size, path in files:
        if path.endswith(UNFINISHED) and time.time() - used_at > LEFT_BEHIND_AFTER_S:
            Path(path).unlink(missing_ok=True)
    finished = sorted(file for file in files if not file[2].endswith(UNFINISHED))
    held = sum(size for _used_at, size, _path in finished)
    if held <= room_bytes:
        return
    for _used_at, size, path in finished:
        if held <= room_bytes * KEPT_SHARE:
            return
        Path(path).unlink(missing_ok=True)
        held -= size
