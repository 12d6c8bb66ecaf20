"""The manner of every Krong command: a sentence for people, JSON for machines, exit code 2."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import translation

from layers.checks import refuse_an_empty_database, refuse_another_crs
from layers.errors import UserFacingError

EXIT_USER_ERROR = 2


class KrongCommand(BaseCommand):
    """Base of the commands: subclasses implement ``run`` and say what they have to say.

    ``say`` prints a line for people; what ``run`` returns is printed with ``--json``.
    """

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add ``--json`` and then the command's own arguments."""
        parser.add_argument("--json", action="store_true", help="print one JSON object, no prose")
        self.add_own_arguments(parser)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments of this command."""

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
            body = {"error": {"what": error.what, "remedy": error.remedy}}
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        self.stderr.write(f"{error.what}\n{error.remedy}")
        sys.exit(EXIT_USER_ERROR)
