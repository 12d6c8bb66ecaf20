"""``./krong plan``: which plans there are, and how one comes into force."""

from argparse import SUPPRESS, ArgumentParser
from datetime import date
from typing import Any

from layers.commands import KrongCommand
from planning.errors import not_a_date
from planning.models import PlanVersion
from planning.plans import Adoption, adopt_plan


class Command(KrongCommand):
    help = "List the plans, or bring a version into force over the current zoning."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listed = actions.add_parser("list", help="the plans and their versions")
        adopted = actions.add_parser("adopt", help="bring a new version into force")
        adopted.add_argument("--plan", required=True, help="code of the plan, e.g. demo-lup")
        adopted.add_argument("--zones", default="zones", help="layer with the zones")
        adopted.add_argument("--from", dest="begins", required=True, help="first day, 2026-01-01")
        adopted.add_argument("--instrument", default="", help="key of the decision, SD42-2015")
        adopted.add_argument("--level", default="LUP", help="as in plan_levels.csv")
        adopted.add_argument("--title-km", default="")
        adopted.add_argument("--title-en", default="")
        for action in (listed, adopted):
            # suppressed: absent here, it must not undo one given before the action
            action.add_argument("--json", action="store_true", default=SUPPRESS)

    def run(self, **options: Any) -> dict[str, Any]:
        return self._adopt(options) if options["action"] == "adopt" else self._list()

    def _adopt(self, options: dict[str, Any]) -> dict[str, Any]:
        version, is_new = adopt_plan(
            Adoption(
                code=options["plan"],
                in_force_from=day_of(options["begins"]),
                zones=options["zones"],
                instrument=options["instrument"],
                level=options["level"],
                title_km=options["title_km"],
                title_en=options["title_en"],
            )
        )
        row = _row(version)
        done = "is in force" if is_new else "was in force already"
        self.say(f"{version} {done} from {row['in_force_from']} over {row['zoning']}.")
        return {"is_new": is_new, **row}

    def _list(self) -> dict[str, Any]:
        versions = PlanVersion.objects.select_related("plan", "zoning__layer", "instrument")
        rows = [_row(version) for version in versions]
        for row in rows:
            span = f"{row['in_force_from'] or '-'} .. {row['in_force_to'] or ''}"
            self.say(
                f"{row['plan']:<20} v{row['number']:<3} {row['status']:<12} {span:<26} "
                f"{row['zoning'] or '-':<14} {row['instrument'] or row['instrument_note']}"
            )
        if not rows:
            self.say("No plans yet. Try: ./krong plan adopt --plan CODE --from 2026-01-01")
        return {"plans": rows}


def day_of(text: str) -> date:
    """Return the day a text names in ISO form."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise not_a_date(text) from error


def _row(version: PlanVersion) -> dict[str, Any]:
    return {
        "plan": version.plan.code,
        "number": version.number,
        "status": version.status,
        "zoning": str(version.zoning) if version.zoning else None,
        "instrument": version.instrument.key if version.instrument else None,
        "instrument_note": version.instrument_note,
        "in_force_from": version.in_force_from and version.in_force_from.isoformat(),
        "in_force_to": version.in_force_to and version.in_force_to.isoformat(),
    }
