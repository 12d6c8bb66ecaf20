"""Which layers the holder of a session may see now, in one statement instead of six.

Nothing about a right is remembered from one request to the next: session, account, permission and
what is published are read each time. Kept are only results that follow from what was read:
what a session's text says, and the rows of the catalogue while their marks are unchanged.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from layers.models import LayerVersion
from layers.prepared import rows_of
from layers.sql_files import load_sql

# The only one that reads accounts and permissions from the tables that visible_now.sql asks.
KNOWN_BACKEND = "django.contrib.auth.backends.ModelBackend"
MOST_SESSIONS = 1_000
NOBODY = 0  # no account has this number


@dataclass(frozen=True, slots=True)
class Claim:
    """What the text of a session says; it counts only while the database holds the same text."""

    text: str
    account: int
    password_digest: str


_claims: OrderedDict[str, Claim] = OrderedDict()
_catalogue: dict[int, tuple[str, LayerVersion]] = {}


def version_seen(session_key: str, slug: str) -> LayerVersion | None:
    """Return the published version of a layer that the holder of a session may see now.

    None where only the pages themselves can tell, as with :func:`versions_seen`.
    """
    if not slug:
        return None
    if session_key and session_key not in _claims:
        versions_seen(session_key)  # whose session it is shows only where something is seen
    seen = versions_seen(session_key, slug)
    return seen[0] if seen else None


def versions_seen(session_key: str, slug: str = "") -> list[LayerVersion] | None:
    """Return the published versions that the holder of a session may see now, by theme and name.

    An empty key is that of a reader who is not signed in; a slug asks for one layer only. None
    where only the pages themselves can tell: a session that has ended, is of an unknown kind, or
    shows nothing.
    """
    claim = _claims.get(session_key)
    rows = _rows(session_key, claim, slug)
    if rows and session_key and (claim is None or claim.text != rows[0]["session_data"]):
        claim = _claimed(rows[0]["session_data"])
        if claim is None:
            return None
        _remember(session_key, claim)
        rows = _rows(session_key, claim, slug)
    if not rows or (session_key and not _is_proved(claim, rows[0])):
        return None
    return _known_versions(rows)


def _rows(session_key: str, claim: Claim | None, slug: str) -> list[dict[str, Any]]:
    given = {
        "session_key": ("varchar", session_key),
        "account": ("bigint", claim.account if claim else NOBODY),
        "slug": ("varchar", slug),
    }
    return rows_of("krong_visible_now", load_sql(__file__, "visible_now.sql"), given)


def _claimed(text: str | None) -> Claim | None:
    """Return what a session's text says; None if it names no account in the usual manner."""
    told = SessionStore().decode(text) if text else {}
    if told.get(BACKEND_SESSION_KEY) != KNOWN_BACKEND or not text:
        return None
    return Claim(text, int(told[SESSION_KEY]), str(told.get(HASH_SESSION_KEY, "")))


def _remember(session_key: str, claim: Claim) -> None:
    _claims[session_key] = claim
    while len(_claims) > MOST_SESSIONS:
        _claims.popitem(last=False)


def _is_proved(claim: Claim | None, row: dict[str, Any]) -> bool:
    """Tell whether the session still stands and was opened with the account's present password."""
    if claim is None or row["session_data"] != claim.text or row["password"] is None:
        return False
    present = User(password=row["password"]).get_session_auth_hash()
    return constant_time_compare(claim.password_digest, present)


def _known_versions(rows: list[dict[str, Any]]) -> list[LayerVersion]:
    """Return the catalogue's rows, read anew only where their marks have changed."""
    changed = [
        row["version_id"]
        for row in rows
        if _catalogue.get(row["layer_id"], ("",))[0] != row["marks"]
    ]
    if changed:
        found = LayerVersion.objects.select_related("layer").in_bulk(changed)
        for row in rows:
            if row["version_id"] in found:
                _catalogue[row["layer_id"]] = (row["marks"], found[row["version_id"]])
    return [_catalogue[row["layer_id"]][1] for row in rows]
