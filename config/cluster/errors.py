"""What can go wrong with the embedded database, in sentences."""

from pathlib import Path

from layers.errors import UserFacingError

MOST_NAMED = 6
INSTALL_LINE = "apt-get install --yes postgresql postgresql-postgis"


class ClusterError(UserFacingError):
    """The embedded PostgreSQL cannot do what was asked."""


class NoPostgresError(ClusterError):
    """PostgreSQL's server programs are not on this machine."""

    def __init__(self, found: str) -> None:
        super().__init__(
            f"Krong keeps its data in PostgreSQL 15 or newer with PostGIS, and {found}.",
            remedy=f"Install it with '{INSTALL_LINE}', or set DATABASE_URL to a server you have.",
        )


class OtherVersionError(ClusterError):
    """The data directory was made by a PostgreSQL that is not installed."""

    def __init__(self, data: Path, made_by: int, installed: list[int]) -> None:
        here = ", ".join(str(major) for major in installed)
        super().__init__(
            f"The database in {data} was made by PostgreSQL {made_by}; this machine has {here}.",
            remedy=f"Install 'postgresql-{made_by} postgresql-{made_by}-postgis-3', or move the "
            "data to the new version as docs/operations.md says under 'A newer PostgreSQL'.",
        )


class UnreachablePlaceError(ClusterError):
    """The account PostgreSQL runs under cannot enter or write the place of the database."""

    def __init__(self, home: Path, account: str) -> None:
        super().__init__(
            f"The account '{account}' cannot write the database's folder {home}.",
            remedy="Give it access, or name another folder with KRONG_PG_HOME, "
            "or set DATABASE_URL to a server you have.",
        )


class NotYoursError(ClusterError):
    """The data directory belongs to somebody else."""

    def __init__(self, data: Path, owner: str) -> None:
        super().__init__(
            f"The database in {data} belongs to the account '{owner}'.",
            remedy=f"Run Krong as '{owner}' or as root, or name another folder with KRONG_PG_HOME.",
        )


class UnknownAccountError(ClusterError):
    """Started by root, and no account was found that PostgreSQL may run under."""

    def __init__(self, wanted: str) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as root, and there is no account '{wanted}' here.",
            remedy="Name an ordinary account with KRONG_PG_USER.",
        )


class DiskFullError(ClusterError):
    """No room is left where the database lies."""

    def __init__(self, home: Path, free_mb: int, needed_mb: int) -> None:
        super().__init__(
            f"The disk that holds {home} has {free_mb} MB left; the database needs {needed_mb} MB.",
            remedy="Free some space, then run the same command again; nothing is lost.",
        )


class FullError(ClusterError):
    """The server runs, and has no session left to give."""

    def __init__(self) -> None:
        super().__init__(
            "The database has no session left: too many programs are connected to it.",
            remedy="End one of them, for example a second './krong serve', then run the same "
            "command again. './krong db stop --force' cuts them all off.",
        )


class InUseError(ClusterError):
    """Somebody is connected to the database that is to be stopped."""

    def __init__(self, sessions: list[str]) -> None:
        shown = ", ".join(sessions[:MOST_NAMED])
        more = f" and {len(sessions) - MOST_NAMED} more" if len(sessions) > MOST_NAMED else ""
        super().__init__(
            f"The database is in use by {shown}{more}. It was not stopped.",
            remedy="End these programs first. './krong db stop --force' cuts them off: what they "
            "have under way is rolled back, and pages say that the database is away.",
        )


class StartError(ClusterError):
    """PostgreSQL did not start, for a reason only its log knows."""

    def __init__(self, reason: str, log: Path) -> None:
        super().__init__(
            f"The embedded database did not start: {reason.rstrip('.')}.",
            remedy=f"The whole story is in {log}; docs/operations.md lists the usual causes.",
        )
