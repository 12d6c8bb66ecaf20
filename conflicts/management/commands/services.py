"""``./krong services``: who reaches which service, and what each sangkat lacks."""

from argparse import ArgumentParser
from typing import Any

from conflicts.service_study.question import ACCESS_M, ServiceQuestion
from conflicts.service_study.services import THE_CITY, ask, carry_out
from conflicts.service_study.standards import standards
from conflicts.service_study.streets import TOLERANCE_M
from conflicts.service_study.vocab import Horizon, PeopleFrom
from layers.commands import KrongCommand
from layers.numbers import percent
from layers.vocab import Answer


class Command(KrongCommand):
    help = "Study who reaches which service along the streets, and what the areas lack."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "services", nargs="*", metavar="SERVICE", help="e.g. market; none: all standards"
        )
        parser.add_argument(
            "--people-from",
            choices=PeopleFrom.values,
            default=str(PeopleFrom.BEST),
            help="where the number of people comes from",
        )
        parser.add_argument("--people", type=float, help="people of the city (with 'stated')")
        parser.add_argument("--people-source", default="", help="where that number comes from")
        parser.add_argument("--growth", type=float, help="percent a year")
        parser.add_argument("--growth-source", default="", help="where the growth comes from")
        parser.add_argument("--years", type=float, help="years of growth to the plan's horizon")
        parser.add_argument("--horizon-year", type=int, help="leave out what is planned for later")
        parser.add_argument(
            "--access", type=float, default=ACCESS_M, help="greatest way to a street [m]"
        )
        parser.add_argument(
            "--tolerance", type=float, default=TOLERANCE_M, help="ends so close are joined [m]"
        )
        parser.add_argument("--areas", default="", metavar="LAYER", help="default: the sangkats")
        parser.add_argument("--homes", nargs="*", default=(), metavar="LAYER", help="buildings")
        parser.add_argument("--streets", nargs="*", default=(), metavar="LAYER", help="streets")

    def run(self, services: list[str], people_from: str, **options: Any) -> dict[str, Any]:
        growth = options["growth"]
        question = ServiceQuestion(
            services=tuple(services),
            people_from=PeopleFrom(people_from),
            people=options["people"],
            people_source=options["people_source"],
            growth=None if growth is None else growth / 100.0,
            growth_source=options["growth_source"],
            years=options["years"],
            horizon_year=options["horizon_year"],
            access_m=options["access"],
            tolerance_m=options["tolerance"],
            areas=options["areas"],
            homes=tuple(options["homes"]),
            streets=tuple(options["streets"]),
        )
        kept = carry_out(ask(question=question), on_progress=self.show_progress)
        result = kept.result or {}
        self._tell(result)
        return {"study": kept.pk, "data_versions": kept.data_versions, **result}

    def _tell(self, result: dict[str, Any]) -> None:
        self.say(f"People: {PeopleFrom(result['people_from']).label}")
        for service in result["services"]:
            for row in service["areas"]:
                if row["area"] == THE_CITY:
                    self._tell_city(service, row)

    def _tell_city(self, service: dict[str, Any], row: dict[str, Any]) -> None:
        title = f"{standards()[service['code']].title_en}, {Horizon(service['horizon']).label}"
        if covered := row["coverage"]:
            share = _share(covered["share_least"], covered["share_greatest"])
            self.say(f"{title}: {covered['answer']}, served {share}")
        for each in row["balances"]:
            self.say(f"{title}, {each['measure']}: {each['answer']}, short {_short(each)}")


def _short(found: dict[str, Any]) -> str:
    if found["short"] is None or found["answer"] == Answer.NOT_APPLICABLE:
        return "–"
    at_most = "at most " if found["answer"] == Answer.CANNOT_TELL else ""
    return f"{at_most}{found['short']:,.0f}"


def _share(least: float | None, greatest: float | None) -> str:
    if least is None or greatest is None:
        return "–"
    return percent(least) if least == greatest else f"{percent(least)} – {percent(greatest)}"
