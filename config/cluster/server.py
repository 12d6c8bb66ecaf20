"""Make, start and stop the embedded PostgreSQL: a unix socket, no TCP port.

One file lock per cluster keeps two Krongs from starting it at once. After ``kill -9`` PostgreSQL
recovers from its write-ahead log; what it cannot know by itself is done here: processes orphaned by
a killed postmaster are ended, and its pid file is removed, whoever has that number now.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from config.cluster import binaries as programs
from config.cluster.binaries import Binaries
from config.cluster.errors import (
    DiskFullError,
    FullError,
    InUseError,
    NoPostgresError,
    StartError,
    UnreachablePlaceError,
)
from config.cluster.place import SOCKET_NAME, Place, make_folder, may_enter
from config.cluster.tuning import configuration

OWNER = "krong"  # the database role; the socket's folder is private to the account
EXTENSIONS = ("postgis", "pg_trgm")
# The letters of every script are known, but texts are put in order byte by byte, which in UTF-8 is
# the order of C.UTF-8, without asking the C library about each pair: half the time of an index.
_CREATE_DATABASE = """
    CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'
"""
LONGEST_START_S = 300  # recovery after a crash replays at most max_wal_size
LONGEST_STOP_S = 120
ROOM_TO_MAKE_MB = 300
ROOM_TO_START_MB = 32  # two segments of write-ahead log
LARGEST_LOG_BYTES = 10_000_000

SESSIONS_END_WITHIN_S = 2.0
_OTHER_SESSIONS = """
    SELECT DISTINCT application_name, datname FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    ORDER BY application_name, datname
"""

_NO_SESSION_LEFT = "too many clients"  # SQLSTATE 53300; psycopg2 gives none before a session is

Say = Callable[[str], None]


def connect(place: Place, name: str) -> connection:
    """Connect to a database of the cluster as its owner.

    Raises
    ------
    FullError
        The server runs and gives out no more sessions.
    psycopg2.OperationalError
        It is not running, or has no database of that name.
    """
    try:
        return psycopg2.connect(
            host=str(place.socket_dir), port=5432, user=OWNER, dbname=name, connect_timeout=10
        )
    except psycopg2.OperationalError as refusal:
        if _NO_SESSION_LEFT in str(refusal):
            raise FullError from refusal
        raise


def accepts(place: Place, name: str = "postgres") -> bool:
    """Tell whether the server is up and has a database of that name.

    Raises
    ------
    FullError
        It is up and gives out no more sessions; waiting for it to start would be in vain.
    """
    try:
        connect(place, name).close()
    except psycopg2.OperationalError:
        return False
    return True


@contextlib.contextmanager
def alone(place: Place) -> Iterator[None]:
    """Keep other Krongs from starting or stopping this cluster meanwhile."""
    make_folder(place.home, place.account)
    handle = os.open(place.home, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def start(place: Place, *, say: Say) -> None:
    """Start the server, making the cluster first if there is none; call it under ``alone``.

    Raises
    ------
    ClusterError
        In one of its kinds: no PostgreSQL, another version, no access, no room, or the log's words.
    """
    _wait_for_other_start(place)
    if accepts(place):
        return
    found = programs.installed()
    if not place.is_made():
        _make(place, programs.for_new_data(found), say=say)
    chosen = programs.for_data_of(place.data, found)
    _check_access(place)
    _check_room(place, ROOM_TO_START_MB)
    make_folder(place.socket_dir, place.account)
    _write(place, place.data / "krong.conf", configuration(place.socket_dir, place.cluster_name))
    _clear_leftovers(place)
    _launch(place, chosen)


def refuse_while_used(place: Place) -> None:
    """Refuse to go on while programs hold sessions; one that is just ending is waited for.

    Raises
    ------
    InUseError
        Names the programs.
    """
    deadline = time.monotonic() + SESSIONS_END_WITHIN_S
    while found := _sessions(place):
        if time.monotonic() > deadline:
            raise InUseError(found)
        time.sleep(0.1)


def _sessions(place: Place) -> list[str]:
    """Return who is connected, by the name each program gave; nobody when it is not running."""
    try:
        session = connect(place, "postgres")
    except psycopg2.OperationalError:
        return []
    try:
        with session.cursor() as cursor:
            cursor.execute(_OTHER_SESSIONS)
            return [f"{program or 'a nameless program'} ({name})" for program, name in cursor]
    finally:
        session.close()


def stop(place: Place) -> bool:
    """Stop the server, letting it write everything to disk; False if it was not running.

    Raises
    ------
    StartError
        If it is still running after two minutes.
    """
    if not place.is_made() or postmaster(place) is None:
        return False
    chosen = programs.for_data_of(place.data, programs.installed())
    done = _run(
        place,
        chosen,
        "pg_ctl",
        "stop",
        "-D",
        str(place.data),
        "-m",
        "fast",
        "-w",
        "-t",
        str(LONGEST_STOP_S),
    )
    if done.returncode != 0:
        raise StartError(f"it did not stop within {LONGEST_STOP_S} s", place.log)
    return True


def ensure_database(place: Place, name: str) -> None:
    """Make a database with its extensions unless it is there; half of one is never left.

    Raises
    ------
    NoPostgresError
        If the server has no PostGIS.
    """
    if accepts(place, name):
        return
    unfinished = f"{name} (being made)"
    _execute(place, "postgres", sql.SQL("DROP DATABASE IF EXISTS {}").format(_id(unfinished)))
    _execute(place, "postgres", sql.SQL(_CREATE_DATABASE).format(_id(unfinished)))
    for extension in EXTENSIONS:
        create = sql.SQL("CREATE EXTENSION {}").format(_id(extension))
        try:
            _execute(place, unfinished, create)
        except psycopg2.errors.FeatureNotSupported as error:  # its files are not installed
            raise NoPostgresError(f"its extension '{extension}' is not installed") from error
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(_id(unfinished), _id(name))
    _execute(place, "postgres", rename)


def postmaster(place: Place) -> int | None:
    """Return the number of the running server's first process, or None."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    if not Path("/proc/self").exists():  # not Linux: believe the file
        return pid
    return pid if pid in _processes(place) else None


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _execute(place: Place, name: str, statement: sql.Composed) -> None:
    """Run one statement outside a transaction, as CREATE DATABASE demands."""
    session = connect(place, name)
    try:
        session.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with session.cursor() as cursor:
            cursor.execute(statement)
    finally:
        session.close()


def _run(
    place: Place, chosen: Binaries, program: str, *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Run a PostgreSQL program as the cluster's account, without our environment's PG variables."""
    account = place.account
    drop = (
        {}
        if account.is_me()
        else {"user": account.uid, "group": account.gid, "extra_groups": account.groups}
    )
    environment = {"PATH": f"{chosen.folder}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # noqa: S603 - own programs
        [chosen.program(program), *arguments],
        cwd=place.home,
        env=environment,
        umask=0o077,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **drop,
    )


def _write(place: Place, path: Path, text: str) -> None:
    """Write a file that belongs to the cluster's account, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.write_text(text, encoding="utf-8")
    if not place.account.is_me():
        os.chown(fresh, place.account.uid, place.account.gid)
    fresh.replace(path)


def _make(place: Place, chosen: Binaries, *, say: Say) -> None:
    """Make the cluster beside its place and move it there when it is whole."""
    say(f"Making the database in {place.home} with PostgreSQL {chosen.major} (once).")
    _check_access(place)
    _check_room(place, ROOM_TO_MAKE_MB)
    fresh = place.home / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    done = _run(
        place,
        chosen,
        "initdb",
        "-D",
        str(fresh),
        "-U",
        OWNER,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--lc-collate=C",
        "--data-checksums",
    )
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        place.log.write_text(done.stdout + done.stderr, encoding="utf-8")
        raise _explain(place, done.stderr)
    with (fresh / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write("\ninclude_if_exists = 'krong.conf'\n")
    fresh.rename(place.data)


def _check_access(place: Place) -> None:
    """Refuse a place the account cannot get at, before PostgreSQL says so in its own words."""
    make_folder(place.home, place.account)
    if not may_enter(place.home, place.account):
        raise UnreachablePlaceError(place.home, place.account.name)
    if place.data.exists():
        make_folder(place.data, place.account)


def _check_room(place: Place, needed_mb: int) -> None:
    free_mb = shutil.disk_usage(place.home).free // 1_000_000
    if free_mb < needed_mb:
        raise DiskFullError(place.home, free_mb, needed_mb)


def _processes(place: Place) -> list[int]:
    """Return the living server processes of this cluster (Linux; elsewhere none).

    Told by their command lines, which also root in a container may read: the first process names
    the data directory, the others carry ``cluster_name``. A dead one nobody has buried has none.
    """
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_text(errors="replace").split("\0")
            is_first = Path(words[0]).name == "postgres" and str(place.data) in words
            is_ours = is_first or words[0].startswith(f"postgres: {place.cluster_name}:")
            if is_ours and process.stat().st_uid == place.account.uid:
                found.append(int(process.name))
    return found


def _wait_for_other_start(place: Place) -> None:
    """Wait while a server of this cluster is coming up or going down."""
    deadline = time.monotonic() + LONGEST_START_S
    while postmaster(place) is not None and not accepts(place):
        if time.monotonic() > deadline:
            raise StartError("it is running but accepts no connection", place.log)
        time.sleep(0.1)


def _clear_leftovers(place: Place) -> None:
    """End what a killed postmaster left behind; there is no living postmaster here any more."""
    for signal_number, patience_s in ((signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        for pid in _processes(place):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        deadline = time.monotonic() + patience_s
        while _processes(place) and time.monotonic() < deadline:
            time.sleep(0.05)
    if Path("/proc/self").exists() and not _processes(place):
        # the number in them may by now be another program's, which would stop PostgreSQL
        (place.data / "postmaster.pid").unlink(missing_ok=True)
        (place.socket_dir / f"{SOCKET_NAME}.lock").unlink(missing_ok=True)


def _launch(place: Place, chosen: Binaries) -> None:
    """Run pg_ctl and wait until the server accepts connections."""
    if place.log.exists() and place.log.stat().st_size > LARGEST_LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    said_before = place.log.stat().st_size if place.log.exists() else 0
    done = _run(
        place,
        chosen,
        "pg_ctl",
        "start",
        "-D",
        str(place.data),
        "-l",
        str(place.log),
        "-w",
        "-t",
        str(LONGEST_START_S),
    )
    if done.returncode == 0 and accepts(place):
        return
    with contextlib.suppress(OSError):
        raise _explain(place, place.log.read_text(errors="replace")[said_before:])
    raise StartError(done.stderr.strip() or "pg_ctl gave no reason", place.log)


def _explain(place: Place, said: str) -> DiskFullError | StartError:
    """Turn PostgreSQL's own words into one sentence."""
    if "No space left on device" in said:
        free_mb = shutil.disk_usage(place.home).free // 1_000_000
        return DiskFullError(place.home, free_mb, ROOM_TO_MAKE_MB)
    lines = [line for line in said.splitlines() if "FATAL" in line or "PANIC" in line]
    lines = lines or [line for line in said.splitlines() if "error" in line] or ["no reason given"]
    return StartError(lines[-1].partition(": ")[2].strip() or lines[-1], place.log)
