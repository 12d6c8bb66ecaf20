"""Read ``DATABASE_URL``, which replaces the embedded database by a server of the city's own."""

from urllib.parse import parse_qsl, unquote, urlsplit

from layers.errors import UserFacingError

SCHEMES = frozenset({"postgres", "postgresql", "postgis"})


class DatabaseUrlError(UserFacingError):
    """``DATABASE_URL`` cannot be read. The value is not repeated: it may hold a password."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"DATABASE_URL {what}.",
            remedy="Write it as postgis://USER:PASSWORD@HOST:5432/NAME, "
            "with special characters percent-encoded.",
        )


def parse_database_url(url: str) -> dict[str, object]:
    """Return Django's NAME, USER, PASSWORD, HOST, PORT and OPTIONS of a database URL.

    A query adds libpq options (``?sslmode=require``); ``?host=/run/postgresql`` names a socket.

    Raises
    ------
    DatabaseUrlError
        If the scheme is another database's, the name is missing or the port is no number.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise DatabaseUrlError("has a host or port that cannot be read") from error
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in SCHEMES:
        raise DatabaseUrlError(f"starts with '{parts.scheme}://', which is no PostGIS database")
    if not name:
        raise DatabaseUrlError("does not name a database")
    options = dict(parse_qsl(parts.query))
    return {
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": options.pop("port", None) or str(port or ""),
        "OPTIONS": options,
    }
