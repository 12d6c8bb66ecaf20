"""``./krong scenario``: run what-if scenarios and list them."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from layers.commands import KrongCommand
from layers.errors import UserFacingError
from layers.models import Run
from layers.runs import fail_stale_runs
from scenarios.models import Scenario, ScenarioRun
from scenarios.queries import run_numbered, runs_of
from scenarios.services import carry_out, submit
from scenarios.spec_reader import read_spec

_DIGITS = 18  # a longer number is no run's: bigint has 19 digits


class Command(KrongCommand):
    help = "Compute a scenario (scenario run FILE), list them (list), show a result (show N)."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["run", "list", "show"])
        parser.add_argument("what", nargs="?", help="scenario file, or number of a run")
        parser.add_argument(
            "--no-publish", action="store_true", help="keep the result, change no layer"
        )

    def run(self, action: str, what: str | None, **options: Any) -> dict[str, Any]:
        if action == "list":
            return self._list()
        if not what:
            raise UserFacingError(
                _("'scenario %(action)s' needs one word more.") % {"action": action},
                remedy=_("./krong scenario run FILE.yaml, or ./krong scenario show NUMBER"),
            )
        if action == "show":
            number = int(what) if what.isdecimal() and len(what) <= _DIGITS else 0
            return self._told(run_numbered(number), reused=False)
        return self._run(Path(what), publish=not options["no_publish"])

    def _run(self, path: Path, *, publish: bool) -> dict[str, Any]:
        spec = read_spec(path)
        submitted = submit(spec, path.resolve().parent, publish=publish)
        run = submitted.run
        if submitted.is_reused:
            self.say(f"Nothing has changed since run {run.pk}: its result stands.")
        else:
            self.say(
                f"Run {run.pk}: {run.title}. To stop it: Ctrl-C or ./krong run cancel {run.pk}"
            )
            run = carry_out(run, spec, setup=submitted.setup, echo=self.show_progress)
        return self._told(run, reused=submitted.is_reused)

    def _told(self, run: Run, *, reused: bool) -> dict[str, Any]:
        result = ScenarioRun.objects.filter(run=run).first()
        if result is None:
            self.say(f"#{run.pk} {run.state}: {run.message}")
            return {"run": run.pk, "state": run.state, "message": run.message}
        error = result.mass_balance["relative_error"]
        self.say(f"Volume error {error:.1e}. Hazard areas of run {run.pk}:")
        for row in result.hazard_areas:
            self.say(f"  {row['hazard_class']} {row['area_m2'] / 1e4:>12,.2f} ha")
        for slug, version in result.outputs["layers"].items():
            self.say(f"  layer {slug} v{version}")
        return {
            "run": run.pk,
            "state": run.state,
            "reused": reused,
            "mass_balance": result.mass_balance,
            "validity": result.validity,
            "hazard_areas": result.hazard_areas,
            "outputs": result.outputs,
        }

    def _list(self) -> dict[str, Any]:
        fail_stale_runs()
        rows = []
        for scenario in Scenario.objects.all():
            newest = runs_of(scenario).first()
            state = f"run {newest.pk} {newest.state}" if newest else "never run"
            self.say(f"{scenario.code:<28} {state:<22} {scenario.title_en}")
            rows.append({"code": scenario.code, "run": newest.pk if newest else None})
        if not rows:
            self.say("No scenarios yet. Try: ./krong scenario run FILE.yaml")
        return {"scenarios": rows}
