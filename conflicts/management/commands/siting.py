"""``./krong siting``: where may a use of this size go."""

from argparse import ArgumentParser
from typing import Any

from conflicts.queries import rulebook_named
from conflicts.siting.question import SitingQuestion
from conflicts.siting.services import ask, carry_out
from conflicts.siting.vocab import Criterion, Siting
from layers.commands import KrongCommand

HECTARE_M2 = 10_000.0


class Command(KrongCommand):
    help = "Ask the rules where a use may go, and look for sites; both become layers."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("use", metavar="USE", help="a class, e.g. landfill")
        parser.add_argument("--area-ha", type=float, default=1.0, help="least area of a site [ha]")
        parser.add_argument("--rulebook", required=True, metavar="CODE", help="e.g. krong-demo")
        parser.add_argument("--max-slope", type=float, help="mean slope of a site [percent]")
        parser.add_argument("--max-road", type=float, help="to the nearest road [m]")
        parser.add_argument("--max-hazard", type=float, help="in hazard areas [percent of it]")
        parser.add_argument(
            "--max-built", type=float, default=0.0, help="built on [percent of it], default 0"
        )
        parser.add_argument("--min-public", type=float, help="on state land [percent of it]")
        parser.add_argument(
            "--set-aside",
            action="store_true",
            help="leave out the rules that cannot tell of any place; they are named",
        )

    def run(self, use: str, area_ha: float, rulebook: str, **options: Any) -> dict[str, Any]:
        limits = {
            Criterion.SLOPE: options["max_slope"],
            Criterion.ROAD: options["max_road"],
            Criterion.HAZARD: _share(options["max_hazard"]),
            Criterion.PUBLIC_LAND: _share(options["min_public"]),
            Criterion.BUILT: _share(options["max_built"]),
        }
        question = SitingQuestion(
            use=use,
            area_m2=area_ha * HECTARE_M2,
            limits={name: value for name, value in limits.items() if value is not None},
            sets_aside=options["set_aside"],
        )
        kept = ask(question=question, book=rulebook_named(rulebook))
        result = carry_out(kept, on_progress=self.show_progress).result or {}
        self._tell(result)
        return {"study": kept.pk, **result}

    def _tell(self, result: dict[str, Any]) -> None:
        for siting in Siting:
            hectares = result["areas_m2"][siting] / HECTARE_M2
            self.say(f"{siting.label}: {hectares:,.1f} ha")
        for each in result["set_aside"]:
            self.say(f"Left out, cannot tell of any place: {each['rule']}")
        for site in result["sites"]:
            broken = ", ".join(site["broken"]) or "no finding"
            self.say(
                f"Site {site['rank']}: {site['siting']}, score {site['score']:.2f}, {broken},"
                f" {len(site['untold'])} rules cannot tell"
            )
        if not result["sites"]:
            self.say("No ground is free and large enough.")


def _share(percent: float | None) -> float | None:
    return None if percent is None else percent / 100
