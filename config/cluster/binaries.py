"""Find PostgreSQL's server programs: on PATH, or where Debian, Fedora and Homebrew put them."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from config.cluster.errors import NoPostgresError, OtherVersionError

OLDEST_MAJOR = 15
NEEDED = ("initdb", "pg_ctl", "postgres")
USUAL_PLACES = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
)


@dataclass(frozen=True, slots=True)
class Binaries:
    """One PostgreSQL installation."""

    major: int
    folder: Path

    def program(self, name: str) -> str:
        """Return the full path of one of its programs."""
        return str(self.folder / name)


def _ask(program: Path, option: str) -> str:
    """Return what a program says about itself, or nothing if it cannot run."""
    try:
        done = subprocess.run(  # noqa: S603 - a program found at a known place, a fixed option
            [program, option], capture_output=True, text=True, check=False, timeout=20
        )
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _folders(usual_places: tuple[tuple[str, str], ...]) -> Iterator[Path]:
    """Yield each folder that holds all server programs, once."""
    on_path = shutil.which("pg_ctl")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    for base, pattern in usual_places:
        candidates += sorted(Path(base).glob(pattern))
    for folder in dict.fromkeys(candidates):
        if all(os.access(folder / name, os.X_OK) for name in NEEDED):
            yield folder


def _has_postgis(folder: Path) -> bool:
    """Tell whether PostGIS is installed; without pg_config, leave it to CREATE EXTENSION."""
    share = _ask(folder / "pg_config", "--sharedir")
    return not share or Path(share, "extension", "postgis.control").exists()


def installed(
    usual_places: tuple[tuple[str, str], ...] = USUAL_PLACES,
) -> list[Binaries]:
    """Return the installations that are new enough, newest first."""
    found = []
    for folder in _folders(usual_places):
        said = re.search(r"\) (\d+)", _ask(folder / "postgres", "--version"))
        if said and int(said[1]) >= OLDEST_MAJOR:
            found.append(Binaries(int(said[1]), folder))
    return sorted(found, key=lambda binaries: -binaries.major)


def for_new_data(found: list[Binaries]) -> Binaries:
    """Return the newest installation that has PostGIS.

    Raises
    ------
    NoPostgresError
        If there is no PostgreSQL, or none with PostGIS.
    """
    if not found:
        raise NoPostgresError("no such PostgreSQL was found here")
    for binaries in found:
        if _has_postgis(binaries.folder):
            return binaries
    majors = ", ".join(str(binaries.major) for binaries in found)
    raise NoPostgresError(f"PostgreSQL {majors} is here without PostGIS")


def for_data_of(data: Path, found: list[Binaries]) -> Binaries:
    """Return the installation that can read a data directory.

    Raises
    ------
    NoPostgresError
        If there is no PostgreSQL at all.
    OtherVersionError
        If the directory was made by a major version that is not installed.
    """
    if not found:
        raise NoPostgresError("no such PostgreSQL was found here")
    made_by = int((data / "PG_VERSION").read_text().strip().partition(".")[0])
    for binaries in found:
        if binaries.major == made_by:
            return binaries
    raise OtherVersionError(data, made_by, [binaries.major for binaries in found])
