"""``./krong check-permit APPLICATION.json``: an application against the law on its land."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from layers.commands import KrongCommand
from layers.visibility import EVERYTHING
from planning.errors import ApplicationError
from planning.management.commands.plan import day_of
from planning.permits.reading import parse_application
from planning.permits.run import check_application, store_run


class Command(KrongCommand):
    help = "Check a permit application and keep the answers as a frozen run."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the application, JSON")
        parser.add_argument("--date", default="", help="law as of this day; else of submission")
        parser.add_argument("--no-store", action="store_true", help="answer, but keep nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        on = day_of(options["date"]) if options["date"] else None
        checked = check_application(_given(options["file"]), on=on, seen=EVERYTHING)
        results = dict(checked.results)
        if not options["no_store"]:
            results["run"] = store_run(checked).pk
        self._say(results)
        return results

    def _say(self, results: dict[str, Any]) -> None:
        self.say(f"{results['reference']} as of {results['as_of']}")
        for check in results["checks"]:
            self.say(f"  {check['answer_name']['en']:<16} {_line(check)}")
            for missing in check["missing"]:
                self.say(f"{'':<19}missing: {missing['en']}")
        authority = results["authority"]
        lacking = ", ".join(name["en"] for name in authority["missing_names"])
        reasons = "; ".join(authority["reasons"]) or f"missing: {lacking}"
        self.say(f"Decided by: {authority['name']['en']} ({reasons})")
        for trigger in results["environment"]:
            verb = "needs" if trigger["holds"] else "may need"
            self.say(f"Environment: {verb} {trigger['instrument']} ({trigger['activity']})")
        for left_out in results["not_checked"]:
            self.say(f"Not checked: {left_out['en']}")
        self.say(f"Outcome: {results['outcome_name']['en']}")
        self.say(results["headline"]["en"])


def _given(path: Path) -> Any:
    try:
        return parse_application(path.read_bytes(), path.name)
    except OSError as error:
        raise ApplicationError(
            _("%(path)s cannot be read (%(strerror)s).")
            % {"path": path, "strerror": error.strerror}
        ) from error


def _line(check: dict[str, Any]) -> str:
    line = f"{check['title']['en']}"
    if check["zone"]:
        line += f" [{check['zone']}]"
    if check["measured"] is not None and check["required"] is not None:
        bound = {"max": "<=", "min": ">="}.get(check["bound"], "")
        line += f": {check['measured']:g} {bound} {check['required']:g} {check['unit']}"
    if check["margin"] is not None:
        line += f", margin {check['margin']:+g} {check['margin_unit']}"
    line += f". {check['explanation']['en']}"
    basis = check["basis_name"]["en"] if check["basis_name"] else "no basis yet"
    return f"{line} ({basis}: {check['provision']})" if check["provision"] else f"{line} ({basis})"
