"""``./krong run``: long jobs, their progress, and how to stop one."""

from argparse import ArgumentParser
from typing import Any

from layers.commands import KrongCommand
from layers.errors import NotFoundError
from layers.models import Run
from layers.runs import fail_stale_runs, request_cancel


class Command(KrongCommand):
    help = "List long jobs (run list), show one with its log (run show N), stop one (run cancel N)."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["list", "show", "cancel"])
        parser.add_argument("number", nargs="?", type=int, help="the run's number")

    def run(self, action: str, number: int | None, **_options: Any) -> dict[str, Any]:
        fail_stale_runs()
        if action == "list":
            return {"runs": [self._line(run) for run in Run.objects.all()[:50]]}
        run = Run.objects.filter(pk=number or 0).first()
        if run is None:
            raise NotFoundError(
                f"There is no run number {number}.", remedy="'./krong run list' shows the last 50."
            )
        if action == "cancel":
            request_cancel(run)
            self.say(f"Asked {run} to stop.")
        else:
            self.say(run.log)
        return self._line(run)

    def _line(self, run: Run) -> dict[str, Any]:
        self.say(
            f"#{run.pk:<5} {run.state:<10} {run.progress_share:>4.0%} {run.title} {run.message}"
        )
        return {
            "number": run.pk,
            "kind": run.kind,
            "title": run.title,
            "state": run.state,
            "progress_share": run.progress_share,
            "message": run.message,
        }
