"""``./krong run``: long jobs, their progress, and how to stop one."""

from argparse import ArgumentParser
from typing import Any

from django.utils.timezone import localtime

from layers.commands import KrongCommand
from layers.errors import NotFoundError, UserFacingError
from layers.models import Run
from layers.runs import fail_stale_runs, message_of, request_cancel
from layers.vocab import RunState

PRINTED_ISSUES = 200
HOW_IT_ENDED: dict[str, str] = {
    RunState.SUCCEEDED: "succeeded",
    RunState.FAILED: "failed",
    RunState.CANCELLED: "was cancelled",
}
ISSUE_COLUMNS = ("row", "stable_id", "kind", "value", "message", "action")


def _already_ended(run: Run) -> UserFacingError:
    """Return the sentence for whoever wants to stop what has ended: how it ended, and when."""
    when = "" if run.finished_at is None else f" at {localtime(run.finished_at):%Y-%m-%d %H:%M:%S}"
    return UserFacingError(
        f"Run {run.pk} ('{run.title}') has already ended: it {HOW_IT_ENDED[run.state]}{when}.",
        remedy=f"There is nothing to stop. './krong run show {run.pk}' tells what it did.",
    )


class Command(KrongCommand):
    help = (
        "List long jobs (run list), show one with its log and, for an import, every row that was "
        "not stored as it came (run show N), stop one (run cancel N)."
    )

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
            return self._cancel(run)
        self.say(run.log)
        issues = self._issues(run)
        return self._line(run) | {"issues": issues}

    def _cancel(self, run: Run) -> dict[str, Any]:
        if not request_cancel(run):
            run.refresh_from_db()
            raise _already_ended(run)
        self.say(f"Asked {run} to stop.")
        return self._line(run)

    def _issues(self, run: Run) -> list[dict[str, Any]]:
        """Return the rows of an import that were repaired, refused or noted; print the first."""
        issues = run.import_issues.all()
        for issue in issues[:PRINTED_ISSUES]:
            self.say(f"row {issue.row:<7} {issue.stable_id:<20} {issue.action}: {issue.message}")
        if len(issues) > PRINTED_ISSUES:
            left = len(issues) - PRINTED_ISSUES
            self.say(f"... and {left} more rows: add --json to list them all.")
        return [{name: getattr(issue, name) for name in ISSUE_COLUMNS} for issue in issues]

    def _line(self, run: Run) -> dict[str, Any]:
        self.say(
            f"#{run.pk:<5} {run.state:<10} {run.progress_share:>4.0%} {run.title} {message_of(run)}"
        )
        return {
            "number": run.pk,
            "kind": run.kind,
            "title": run.title,
            "state": run.state,
            "progress_share": run.progress_share,
            "message": message_of(run),
        }
