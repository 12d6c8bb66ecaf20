"""``./krong sheet RESERVATION``: print the map sheet of reserved land and hand out its data."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from layers.commands import KrongCommand
from layers.errors import UserFacingError
from planning.reservations import reservation_named
from planning.sheet.document import print_sheet
from planning.sheet.exchange import geojson_of, write_geopackage
from planning.sheet.paper import PAPERS


class Command(KrongCommand):
    help = "Print the map sheet of a reservation as PDF, and write its GeoPackage and GeoJSON."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("reservation", help="reference, as listed under Reservations")
        parser.add_argument("--paper", default="A3", help=f"{', '.join(PAPERS)}; landscape")
        parser.add_argument("--scale", type=int, help="1000 for 1:1,000; the largest that fits")
        parser.add_argument("--output", type=Path, default=Path(), help="folder for the files")

    def run(self, **options: Any) -> dict[str, Any]:
        reservation = reservation_named(options["reservation"])
        sheet = print_sheet(reservation, paper=options["paper"], scale=options["scale"])
        stem = reservation.reference
        files = {
            "pdf": options["output"] / f"{stem}-{sheet.paper.name}.pdf",
            "geopackage": options["output"] / f"{stem}.gpkg",
            "geojson": options["output"] / f"{stem}.geojson",
        }
        try:
            options["output"].mkdir(parents=True, exist_ok=True)
            files["pdf"].write_bytes(sheet.pdf)
            files["geojson"].write_text(geojson_of(sheet.facts), encoding="utf-8")
            write_geopackage(sheet.facts, files["geopackage"])
        except OSError as error:
            raise UserFacingError(
                _("The sheet could not be written to '%(options)s' (%(strerror)s).")
                % {"options": options["output"], "strerror": error.strerror},
                remedy=_("Name a folder you may write to: --output FOLDER."),
            ) from error
        self.say(
            f"{stem}: 1:{sheet.frame.scale:,} on {sheet.paper.name}, {sheet.pages} pages, "
            f"{len(sheet.facts.points)} boundary points, {len(sheet.facts.parcels)} parcels."
        )
        for path in files.values():
            self.say(f"  {path}")
        return {
            "reference": stem,
            "paper": sheet.paper.name,
            "scale": sheet.frame.scale,
            "pages": sheet.pages,
            "content_sha256": sheet.facts.digest,
            "files": {kind: str(path) for kind, path in files.items()},
        }
