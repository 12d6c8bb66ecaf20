"""``./krong db``: look after the embedded database without loading the rest of Krong."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from config import cluster
from config.cluster import server
from config.cluster.errors import ClusterError
from config.cluster.place import find_place

NAME = "db"
HELP = "Start, stop or look at the embedded database, or print its address."


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _start() -> dict[str, object]:
    cluster.ensure_running(say=_tell)
    return _status()


def _stop(*, force: bool = False) -> dict[str, object]:
    if cluster.is_embedded() and find_place().home.exists():
        with server.alone(find_place()):
            if not force:
                server.refuse_while_used(find_place())
            server.stop(find_place())
    return _status()


def _status() -> dict[str, object]:
    if not cluster.is_embedded():
        return {"embedded": False, "running": None, "message": "DATABASE_URL names the server."}
    place = find_place()
    running = server.accepts(place)
    return {
        "embedded": True,
        "running": running,
        "database": cluster.database_name(),
        "home": str(place.home),
        "account": place.account.name,
        "socket": str(place.socket_dir),
        "log": str(place.log),
        "message": f"The embedded database in {place.home} is "
        + ("running." if running else "not running." if place.is_made() else "not made yet."),
    }


def _url() -> dict[str, object]:
    return {"url": cluster.database_url(), "message": cluster.database_url()}


ACTIONS: dict[str, Callable[[], dict[str, object]]] = {
    "start": _start,
    "stop": _stop,
    "status": _status,
    "url": _url,
}


class _Parser(argparse.ArgumentParser):
    """Refuses wrong words with a sentence of Krong's own, which '--json' prints as an object."""

    def error(self, message: str) -> NoReturn:
        raise ClusterError(
            f"'db' was not understood: {message}.", remedy="'./krong db --help' explains it."
        )


def run(arguments: Sequence[str]) -> int:
    """Run ``./krong db ACTION [--json]``; ``status`` exits with 1 when the server is down."""
    parser = _Parser(prog="krong db", description=HELP)
    parser.add_argument("action", choices=ACTIONS)
    parser.add_argument("--json", action="store_true", help="print an object for machines")
    parser.add_argument("--force", action="store_true", help="stop it although it is in use")
    chosen = parser.parse_args(arguments)
    if chosen.force and chosen.action != "stop":
        parser.error("--force belongs to 'stop'")
    answer = _stop(force=True) if chosen.force else ACTIONS[chosen.action]()
    text = json.dumps(answer, ensure_ascii=False) if chosen.json else answer["message"]
    sys.stdout.write(f"{text}\n")
    return int(chosen.action == "status" and answer["running"] is False)
