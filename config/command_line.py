"""What ``./krong`` runs: it brings up the database, then hands over to a management command."""

import difflib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from config import cluster
from config.cluster import command as db_command
from config.cluster.place import ROOT
from layers.errors import UserFacingError

EXIT_USER_CAN_ACT = 2
AS_JSON = "--json"
HELP_WORDS = frozenset({"help", "-h", "--help"})
WITHOUT_DATABASE = frozenset(
    {"compilemessages", "makemessages", "collectstatic", "findstatic", "version", "--version"}
)


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; 2 means the printed sentence says what to do."""
    try:
        return _run(_command_first(arguments))
    except UserFacingError as error:
        _refuse(error, as_json=AS_JSON in arguments)
        return EXIT_USER_CAN_ACT
    except BrokenPipeError:  # './krong findings | head' has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _command_first(arguments: Sequence[str]) -> list[str]:
    """Return the words with the command in front: './krong --json layers' is understood too."""
    words = list(arguments)
    if words[1:] and words[0] == AS_JSON:
        words = [words[1], AS_JSON, *words[2:]]
    return words


def _refuse(error: UserFacingError, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(f"{error.as_json()}\n")
    sys.stderr.write(f"{error}\n")


def _run(arguments: list[str]) -> int:
    name = arguments[0] if arguments else "help"
    if name == db_command.NAME:
        return db_command.run(arguments[1:])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if name == AS_JSON:
        sys.stdout.write(json.dumps({"commands": own_commands()}, ensure_ascii=False) + "\n")
        return 0
    if name in HELP_WORDS and len(arguments) < 2:  # noqa: PLR2004 - 'help' with nothing after it
        sys.stdout.write(command_list())
        return 0
    if not name.startswith("-") and name not in HELP_WORDS:
        _check_known(name)
    if name not in WITHOUT_DATABASE | HELP_WORDS and not HELP_WORDS & set(arguments[1:]):
        cluster.ensure_running(say=_tell)
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - loads Django

    execute_from_command_line(["krong", *arguments])
    return 0


def _tell(message: str) -> None:
    sys.stderr.write(f"{message}\n")


def _check_known(name: str) -> None:
    """Refuse a command that does not exist, naming the nearest one."""
    import django  # noqa: PLC0415 - commands are known once the apps are loaded
    from django.core.management import get_commands  # noqa: PLC0415

    django.setup()
    known = [*get_commands(), db_command.NAME]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean '{near[0]}'? " if near else ""
        raise UserFacingError(
            f"Krong has no command '{name}'.", remedy=f"{hint}'./krong' lists them all."
        )


def own_commands() -> dict[str, str]:
    """Return Krong's own commands with the first sentence of their help, by name."""
    import django  # noqa: PLC0415 - only the list needs Django set up
    from django.apps import apps  # noqa: PLC0415
    from django.core.management import get_commands, load_command_class  # noqa: PLC0415

    django.setup()
    ours = {app.name for app in apps.get_app_configs() if Path(app.path).parent == ROOT}
    found = {db_command.NAME: db_command.HELP}
    for name, app_name in get_commands().items():
        if app_name in ours:
            found[name] = str(load_command_class(app_name, name).help).partition("\n")[0]
    return dict(sorted(found.items()))


def command_list() -> str:
    """Return what ``./krong`` alone prints."""
    found = own_commands()
    width = max(map(len, found))
    lines = [f"  {name:<{width}}  {text}" for name, text in found.items()]
    return "\n".join(
        [
            "Usage: ./krong COMMAND [--help]",
            "",
            *lines,
            "",
            "Django's own commands work too: migrate, createsuperuser, dbshell, check ...",
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
