"""Where the embedded database lies and whom it runs as.

Normally ``var/pg`` in the repository, as whoever runs Krong. PostgreSQL refuses to run as root, so
root hands over to an ordinary account; where that account cannot enter the repository (a clone
under ``/root``), the database lies in ``/var/lib/krong/`` under a name made from the repository's
path. Every answer here depends on the file system alone, so that each process finds the same place.
"""

import hashlib
import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from config.cluster.errors import NotYoursError, UnknownAccountError, UnreachablePlaceError

ROOT = Path(__file__).resolve().parents[2]
SYSTEM_HOME = Path("/var/lib/krong")
SOCKET_NAME = ".s.PGSQL.5432"  # there is no TCP port; the number only names the socket
LONGEST_SOCKET_PATH = 107  # bytes: sun_path of unix(7) without its closing zero
SHORT_PLACE = Path("/tmp")  # noqa: S108 - the folder made in it is checked to be the account's own
USUAL_ACCOUNTS = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The operating-system account PostgreSQL runs under."""

    name: str
    uid: int
    gid: int

    @property
    def groups(self) -> list[int]:
        """All groups of the account."""
        return os.getgrouplist(self.name, self.gid)

    def is_me(self) -> bool:
        """Tell whether this process already runs under it."""
        return self.uid == os.geteuid()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the database lies and whom it runs as."""

    home: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory."""
        return self.home / "data"

    @property
    def log(self) -> Path:
        """What the server said since it was last started."""
        return self.home / "server.log"

    @property
    def socket_dir(self) -> Path:
        """The folder of the socket: inside the home unless its path is too long for a socket."""
        inside = self.home / "socket"
        if len(os.fsencode(inside / SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
            return inside
        return SHORT_PLACE / f"krong-{self.account.uid}-{_digest(self.home)}"

    @property
    def cluster_name(self) -> str:
        """The name the server's processes carry, by which they are told from other servers'."""
        return f"krong-{_digest(self.data)}"

    def is_made(self) -> bool:
        """Tell whether a database was made here before."""
        return (self.data / "PG_VERSION").exists()


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _account_of(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _by_uid(uid: int) -> Account | None:
    try:
        return _account_of(pwd.getpwuid(uid))
    except KeyError:
        return None


def _by_name(name: str) -> Account | None:
    try:
        return _account_of(pwd.getpwnam(name))
    except KeyError:
        return None


def _owner(path: Path) -> Account | None:
    """Return the ordinary account that owns a path, if there is one."""
    try:
        uid = path.stat().st_uid
    except OSError:
        return None
    return _by_uid(uid) if uid != 0 else None


def may_enter(path: Path, account: Account) -> bool:
    """Tell whether an account may go through a folder and all folders above it.

    Folders that do not exist yet are left out. Decided by mode bits: an access list can only be
    honoured by the kernel, and asking it would take a process of that account.
    """
    groups = set(account.groups)
    return all(_may_pass(folder, account.uid, groups) for folder in (path, *path.parents))


def _may_pass(folder: Path, uid: int, groups: set[int]) -> bool:
    try:
        found = folder.stat()
    except FileNotFoundError:
        return True
    if found.st_uid == uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid in groups:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _account_for_root(home: Path, root: Path) -> Account:
    """Choose whom root hands over to: the data's owner, the named one, the repository's owner."""
    owner = _owner(home / "data") or _owner(home)
    if owner:
        return owner
    named = os.environ.get("KRONG_PG_USER")
    if named:
        account = _by_name(named)
        if account is None or account.uid == 0:
            raise UnknownAccountError(named)
        return account
    for candidate in (_owner(root), *map(_by_name, USUAL_ACCOUNTS)):
        if candidate:
            return candidate
    raise UnknownAccountError(USUAL_ACCOUNTS[0])


def _home_for_root(inside: Path, root: Path) -> Path:
    outside = SYSTEM_HOME / _digest(inside)
    for home in (inside, outside):
        if (home / "data" / "PG_VERSION").exists():
            return home
    return inside if may_enter(inside.parent, _account_for_root(inside, root)) else outside


def find_place(root: Path = ROOT) -> Place:
    """Return where the embedded database of a repository lies; nothing is made or started.

    ``KRONG_PG_HOME`` names its folder, ``KRONG_VAR`` the folder of everything Krong keeps;
    ``KRONG_PG_USER`` names the account root hands over to.

    Raises
    ------
    UnknownAccountError
        If root started Krong and there is no ordinary account to hand over to.
    """
    named = os.environ.get("KRONG_PG_HOME")
    inside = Path(named or Path(os.environ.get("KRONG_VAR") or root / "var", "pg")).resolve()
    if os.geteuid() == 0:
        home = inside if named else _home_for_root(inside, root)
        return Place(home, _account_for_root(home, root))
    uid = os.geteuid()
    return Place(inside, _by_uid(uid) or Account(str(uid), uid, os.getegid()))


def make_folder(path: Path, account: Account) -> None:
    """Make a private folder of an account; one that is there already must belong to it.

    Raises
    ------
    NotYoursError
        If it is a link or belongs to somebody else.
    UnreachablePlaceError
        If it cannot be made.
    """
    try:
        for missing in reversed([above for above in path.parents if not above.exists()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)  # whatever the umask: the account must get through
        path.mkdir(mode=0o700, exist_ok=True)
        found = path.lstat()
        if os.geteuid() == 0 and found.st_uid == 0 and not any(path.iterdir()):
            os.chown(path, account.uid, account.gid)
            found = path.lstat()
    except OSError as error:
        raise UnreachablePlaceError(path, account.name) from error
    if found.st_uid != account.uid or stat.S_ISLNK(found.st_mode):
        owner = _by_uid(found.st_uid)
        raise NotYoursError(path, owner.name if owner else str(found.st_uid))
