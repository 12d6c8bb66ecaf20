"""``./krong extract PARCEL``: what applies to a parcel, what does not, and what nobody knows."""

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone

from layers.commands import KrongCommand
from layers.visibility import EVERYTHING
from planning.extract import Answer, extract_parcel
from planning.management.commands.plan import day_of
from planning.parcels import parcel_named


class Command(KrongCommand):
    help = "Print what applies to a parcel: zones, limits, uses, hazards, reservations, gaps."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("parcel", help="identifier or number of the parcel")
        parser.add_argument("--layer", default="parcels", help="layer with the parcels")
        parser.add_argument("--date", default="", help="law as of this day, 2026-11-23")

    def run(self, **options: Any) -> dict[str, Any]:
        on: date = day_of(options["date"]) if options["date"] else timezone.localdate()
        parcel = parcel_named(options["parcel"], options["layer"])
        extract = extract_parcel(parcel, on=on, seen=EVERYTHING)
        self._say_parcel(extract)
        self._say_rules(extract)
        self._say_lists(extract)
        return extract

    def _say_parcel(self, extract: Answer) -> None:
        parcel = extract["parcel"]
        legal, mapped = parcel["legal_area_m2"], parcel["mapped_area_m2"]
        self.say(f"Parcel {parcel['stable_id']} on {extract['as_of']}")
        self.say(f"  area: title {legal or 'not known'} m2, map {mapped} m2")
        self.say(f"  tenure: {parcel['tenure_name']['en']}")
        for zone in extract["zones"]:
            sliver = "  (sliver, rules nothing)" if zone["is_sliver"] else ""
            self.say(
                f"  zone {zone['zone']} {zone['name']['en']}: {zone['area_m2']} m2, "
                f"{zone['share']:.1%}{sliver}"
            )
        self.say(f"  outside every zone: {extract['unzoned_area_m2']} m2")

    def _say_rules(self, extract: Answer) -> None:
        for group in extract["rules"]:
            self.say(f"Zone {group['zone']} of plan {group['plan']}:")
            for row in group["regulations"]:
                self.say(
                    f"  {row['name']['en']}: {row['bound_name']['en']} {row['value']} "
                    f"{row['unit']}  [{row['basis']}: {row['provision']}]"
                )
            for permission, uses in group["uses"].items():
                names = ", ".join(use["use"] for use in uses) or "none"
                self.say(f"  {permission}: {names}")

    def _say_lists(self, extract: Answer) -> None:
        for name in ("concerned", "not_concerned", "no_data"):
            self.say(name.replace("_", " ").capitalize() + ":")
            for entry in extract[name]:
                missing = f": {entry['missing']['en']}" if "missing" in entry else ""
                layer = f" [{entry['layer']} v{entry['version']}]" if entry["layer"] else ""
                self.say(f"  {entry['title']['en']}{layer}{missing}")
                for hit in entry.get("hits", []):
                    self.say(f"    {_hit_line(hit)}")


def _hit_line(hit: Answer) -> str:
    facts = [f"{key} {value}" for key, value in hit["properties"].items() if value is not None]
    return f"{hit['stable_id']}: {hit['area_m2']} m2, {hit['share']:.1%}  {', '.join(facts)}"
