"""Folders for passing files: each goes with the job it was made for, also when that was killed.

A folder is locked as long as its owner lives; the kernel lets go of the lock when the process ends,
however it ends. A folder that can be locked therefore has no owner any more.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

GATE = ".gate"
EXPORTS = "export"  # the kind of the folders that file exports are written in
IMPORTS = "import"  # and of those that foreign files are unpacked in


@contextmanager
def scratch_folder(kind: str) -> Iterator[Path]:
    """Give a folder that goes with its job, on the disk of the deployment's own files."""
    parent = passing_files()
    sweep_scratch(kind)
    with _gate(parent):  # no sweep sees a folder that is not locked yet
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=f"{kind}-"))
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def sweep_scratch(kind: str) -> list[str]:
    """Remove the folders of a kind whose owner has died, no others; return their names."""
    parent = passing_files()
    with _gate(parent):
        return [
            folder.name
            for folder in sorted(parent.glob(f"{kind}-*"))
            if folder.is_dir() and not folder.is_symlink() and _removed_if_ownerless(folder)
        ]


def _removed_if_ownerless(folder: Path) -> bool:
    with suppress(FileNotFoundError):  # its owner has just finished
        handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            shutil.rmtree(folder, ignore_errors=True)
            return True
        finally:
            os.close(handle)
    return False


@contextmanager
def _gate(parent: Path) -> Iterator[None]:
    """Let only one process at a time make or sweep folders."""
    with (parent / GATE).open("a") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def passing_files() -> Path:
    """Return where passing files lie: under the deployment's own, not on a small /tmp."""
    parent = Path(settings.VAR_DIR) / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    return parent
