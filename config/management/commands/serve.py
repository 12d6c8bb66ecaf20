"""``./krong serve``: the pages, and the worker for long jobs."""

import sys
from argparse import ArgumentParser
from typing import Any

from config.serving import serve
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "Serve the pages on this machine, with a worker for long jobs (Ctrl-C stops both)."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--address",
            default="127.0.0.1:8000",
            help="host:port; only this machine can reach the default 127.0.0.1:8000",
        )

    def run(self, address: str, **_options: Any) -> None:
        self.say(f"Krong is at http://{address} (Ctrl-C stops it).")
        sys.exit(serve(address))
