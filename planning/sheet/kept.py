"""Sheets printed before: kept by the digest of all that is on them, printed once at a time.

The name of a sheet is the SHA-256 of its finished page, fonts and style sheet included, and of the
printer's version: whatever changes on paper changes the name, and nothing else does.
"""

import fcntl
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import weasyprint
from django.conf import settings
from django.core.cache.backends.filebased import FileBasedCache

Printed = tuple[bytes, int]
# About 1 MB each; where more are asked for, some are printed anew.
MOST_SHEETS = 200


def sheet_name(html: str) -> str:
    """Return the name under which a page is kept, here and in browsers."""
    return hashlib.sha256(f"weasyprint {weasyprint.__version__}\n{html}".encode()).hexdigest()


def kept_or_printed(name: str, print_it: Callable[[], Printed]) -> Printed:
    """Return a sheet (PDF, pages); of several who ask at once one prints and the others wait."""
    kept = _sheets()
    found: Printed | None = kept.get(name)
    if found is not None:
        return found
    with _alone(name):
        found = kept.get(name)
        if found is None:
            found = print_it()
            kept.set(name, found)
    return found


def _folder() -> Path:
    return Path(settings.VAR_DIR) / "cache" / "sheets"


def _sheets() -> FileBasedCache:
    options = {"timeout": None, "OPTIONS": {"MAX_ENTRIES": MOST_SHEETS}}
    return FileBasedCache(str(_folder()), options)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Wait for whoever prints the same sheet, in this process or another; 256 locks for all."""
    folder = _folder() / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name[:2]).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # released when the file closes, also by a crash
        yield
