"""``./krong reserve SPEC.yaml``: set public land aside."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from layers.commands import KrongCommand
from planning.reservation_spec import read_spec
from planning.reservations import reserve_land, summary


class Command(KrongCommand):
    help = "Reserve land for a public purpose: its parcels, what is taken of each, the balance."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("spec", type=Path, help="YAML file; see docs/models/reservation.md")
        parser.add_argument("--parcels", default="parcels", help="layer that holds the parcels")

    def run(self, spec: Path, parcels: str, **_options: Any) -> dict[str, Any]:
        request = read_spec(spec, parcel_layer=parcels)
        reservation = reserve_land(spec=request, parcel_layer=parcels)
        facts = summary(reservation)
        for row in facts["parcels"]:
            self.say(
                f"  {row['parcel']:<16} {row['tenure']:<14} "
                f"{row['affected_area_m2']:>12} of {row['mapped_area_m2']:>12} m2"
            )
        balance = facts["balance"]
        self.say(
            f"{reservation.reference}: {balance['reserved_m2']} m2 reserved = "
            f"{balance['on_parcels_m2']} on {len(facts['parcels'])} parcels"
            f" - {balance['counted_twice_m2']} counted twice"
            f" + {balance['outside_parcels_m2']} outside every parcel."
        )
        return facts
