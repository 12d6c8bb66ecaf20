"""``./krong demo``: the demo city, loaded, judged, flooded, judged again and served."""

import io
import shlex
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from config.demo import (
    Arguments,
    answering_steps,
    checking_steps,
    draw_city,
    loading_steps,
    state_register,
    state_surveys,
)
from config.serving import serve
from conflicts.models import Finding
from conflicts.queries import latest_detection, untold_outcomes
from layers.commands import KrongCommand
from layers.models import Layer


class Command(KrongCommand):
    help = "Load the demo city, find its conflicts, flood it, find them again, and serve it."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-serve", action="store_true", help="do the work, then end")
        parser.add_argument("--address", default="127.0.0.1:8000", help="host:port to serve on")

    def run(self, no_serve: bool, address: str, **_options: Any) -> dict[str, Any] | None:  # noqa: FBT001
        started = time.monotonic()
        out_dir = Path(settings.VAR_DIR) / "demo"
        city = draw_city(out_dir, lambda _done, _total, what: self.say(f"  drawing {what}"))
        self._carry_out(loading_steps(city))
        self.say(f"  {state_surveys(city)} surveyed areas stated")
        self._carry_out(answering_steps(city))
        state_register(city)
        self._carry_out(checking_steps(city))
        taken = time.monotonic() - started
        self.say(f"The demo city is ready ({taken:.0f} s): {self._summary()}.")
        if no_serve:
            return {"seconds": round(taken, 1), "findings": Finding.objects.count()}
        self.say(f"Open http://{address}/map/ (Ctrl-C stops it).")
        sys.exit(serve(address))

    def _carry_out(self, steps: Iterable[Arguments]) -> None:
        for step in steps:
            self.say(f"$ ./krong {shlex.join(step)}")
            quiet: dict[str, Any] = {"stdout": io.StringIO()} if self.as_json else {}
            call_command(*step, **quiet)

    def _summary(self) -> str:
        layers, findings = Layer.objects.count(), Finding.objects.count()
        detection = latest_detection()
        untold = [] if detection is None else untold_outcomes(detection)
        return f"{layers} layers, {findings} findings, {len(untold)} rules that cannot tell all"
