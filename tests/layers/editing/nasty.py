"""Values no person types and some program sends, and where in a body they may stand."""

import json
from copy import deepcopy

NASTY_TEXTS = {
    "NUL": "a\x00b",
    "only NUL": "\x00",
    "100,000 letters": "ក" * 100_000,
    "no letters": "",
    "blanks": " \t\n\u200b ",
    "right to left": "\u202ea\u202c",
    "a format": "%(value)s %s {0} {x.__class__}",
}
NASTY = NASTY_TEXTS | {
    "half a letter": "a\ud800b",
    "the other half": "\udfff",
    "nothing": None,
    "yes": True,
    "below nothing": -1,
    "beyond an integer": 2**63,
    "400 digits": 10**400,
    "beyond a float": float("inf"),
    "not a number": float("nan"),
    "1e308": 1e308,
    "an empty list": [],
    "a list of it all": ["\x00", None, {}, [], 1e308],
    "60 lists deep": json.loads("[" * 60 + "]" * 60),
    "an empty object": {},
    "an object": {"\x00": "\ud800", "type": [], "coordinates": {}},
}


def places(body, path=()):
    """Yield every place of a JSON value, the whole first; of a list its first entry."""
    yield path
    if isinstance(body, dict | list):
        for name, value in body.items() if isinstance(body, dict) else enumerate(body[:1]):
            yield from places(value, (*path, name))


def with_value(body, path, value):
    if not path:
        return value
    changed = deepcopy(body)
    at = changed
    for name in path[:-1]:
        at = at[name]
    at[path[-1]] = value
    return changed


def told_badly(bodies, ask):
    """Return which bodies were not answered in words; ``ask`` gives status and JSON or None."""
    failed = []
    for where, name, body in bodies:
        try:
            status, told = ask(body)
        except Exception as error:  # noqa: BLE001 - what a server would answer with 500
            failed.append(f"{where}: {name}: {error!r:.200}")
            continue
        if status >= 500 or (status >= 400 and not (told and told["what"] and told["remedy"])):
            failed.append(f"{where}: {name}: {status} {told!s:.200}")
    return failed


def nasty_bodies(body):
    plain = json.loads(json.dumps(body))
    for place in places(plain):
        for name, value in NASTY.items():
            yield place, name, with_value(plain, place, value)
