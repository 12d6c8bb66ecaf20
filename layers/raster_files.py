"""Files of grids in file storage: none stays behind when its transaction did not come to an end.

Before a file is written a marker beside it names this database and the file; the transaction that
writes it holds an advisory lock of the file's token. Whoever gets that lock knows the transaction
is over, also by kill or power cut: a file no row names is then nobody's and goes.
"""

import json
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection, transaction

from layers.models import RasterLayer

MARKERS = "rasters/unfinished"
LOCK_CLASS = 0x6B72  # sets these locks apart from other advisory locks of the database
DATABASE = "SELECT datname || '/' || oid FROM pg_database WHERE datname = current_database()"


@contextmanager
def leaving_no_files() -> Iterator[None]:
    """Run a transaction; when it is undone, the grids' files it wrote go too."""
    try:
        with transaction.atomic():
            yield
    except BaseException:
        with suppress(DatabaseError):  # the error that undid it is the one to tell
            sweep_files()
        raise


def save_file(raster: RasterLayer, path: Path, name: str) -> None:
    """Store a grid's file under a name of its own, marked until the transaction commits."""
    token = secrets.token_hex(8)
    stored = f"rasters/{name}-{token}.tif"
    marker = Path(default_storage.path(f"{MARKERS}/{token}.json"))
    _ask("SELECT pg_advisory_xact_lock(%s, %s)", LOCK_CLASS, _key(token))
    marker.parent.mkdir(parents=True, exist_ok=True)
    _mark(marker, stored)
    with path.open("rb") as content:
        raster.file.save(Path(stored).name, File(content), save=False)
    if raster.file.name != stored:  # the storage gave it another name
        _mark(marker, str(raster.file.name))
    transaction.on_commit(lambda: marker.unlink(missing_ok=True))


def sweep_files() -> None:
    """Remove files of this database whose transaction ended without a row that names them."""
    folder = Path(default_storage.path(MARKERS))
    markers = sorted(folder.glob("*.json"))
    if not markers:
        return
    here = _database()
    with transaction.atomic():
        for marker in markers:
            _sweep(marker, here)


def _mark(marker: Path, stored: str) -> None:
    marker.write_text(json.dumps({"database": _database(), "file": stored}), encoding="utf-8")


def _sweep(marker: Path, here: str) -> None:
    try:
        stated = json.loads(marker.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # gone meanwhile, or half written: no file yet
        return
    if stated["database"] != here:
        return
    if not _ask("SELECT pg_try_advisory_xact_lock(%s, %s)", LOCK_CLASS, _key(marker.stem)):
        return  # at work
    if RasterLayer.objects.filter(file=stated["file"]).exists():
        return  # its own transaction, still open in this session, removes the marker
    default_storage.delete(stated["file"])
    marker.unlink(missing_ok=True)


def _key(token: str) -> int:
    return zlib.crc32(token.encode()) - 2**31


def _database() -> str:
    return str(_ask(DATABASE))


def _ask(question: str, *values: int) -> object:
    with connection.cursor() as cursor:
        cursor.execute(question, values or None)
        return cursor.fetchone()[0]
