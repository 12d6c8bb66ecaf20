"""The manner of every Krong command: a sentence for people, JSON for machines, exit code 2."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _

from layers.checks import refuse_an_empty_database, refuse_another_crs
from layers.errors import UserFacingError

EXIT_USER_ERROR = 2
AS_JSON = "--json"


class WrongWordsError(UserFacingError):
    """A command was given words it does not know, or too few."""

    def __init__(self, command: str, said: str) -> None:
        reason = said.removeprefix("Error: ").rstrip(".")
        super().__init__(
            _("'%(command)s' was not understood: %(reason)s.")
            % {"command": command, "reason": reason},
            remedy=_("'./krong %(command)s --help' explains it.") % {"command": command},
        )


class KrongCommand(BaseCommand):
    """Base of the commands: subclasses implement ``run`` and say what they have to say.

    ``say`` prints a line for people; what ``run`` returns is printed with ``--json``.
    """

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--json`` and then the command's own arguments."""
        parser.add_argument(AS_JSON, action="store_true", help="print one JSON object, no prose")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments of this command."""

    def run_from_argv(self, argv: list[str]) -> None:
        """Refuse wrong words in the manner of all other mistakes; then do as Django does."""
        self.as_json = AS_JSON in argv
        try:
            self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        except CommandError as error:
            with translation.override("en"):
                self._refuse(WrongWordsError(argv[1], str(error)))
        super().run_from_argv(argv)

    def handle(self, *_args: str, **options: Any) -> None:  # noqa: ANN401
        """Run in English unless asked otherwise; turn user errors into a sentence and code 2."""
        self.as_json = bool(options.get("json"))
        with translation.override("en"):
            try:
                refuse_an_empty_database()
                refuse_another_crs()
                result = self.run(**options)
            except UserFacingError as error:
                self._refuse(error)
        if self.as_json:
            self.stdout.write(json.dumps(result or {}, ensure_ascii=False, default=str))

    def run(self, *_args: Any, **_options: Any) -> Mapping[str, Any] | None:  # noqa: ANN401
        """Do the work; return what ``--json`` prints."""
        raise NotImplementedError

    def say(self, line: str) -> None:
        """Print a line for people, nothing with ``--json``."""
        if not self.as_json:
            self.stdout.write(line)

    def show_progress(self, share: float, message: str) -> None:
        """Print one line of progress."""
        self.say(f"[{share:>4.0%}] {message}")

    def _refuse(self, error: UserFacingError) -> None:
        if self.as_json:
            self.stdout.write(error.as_json())
        self.stderr.write(f"{error.what}\n{error.remedy}")
        sys.exit(EXIT_USER_ERROR)
