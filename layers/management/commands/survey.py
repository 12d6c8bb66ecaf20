"""``./krong survey``: where a layer was surveyed, so that absence there means absence."""

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from layers.commands import KrongCommand
from layers.ingest.options import ImportOptions
from layers.ingest.survey import survey_from_file
from layers.vocab import Completeness


class Command(KrongCommand):
    help = "State where a layer was surveyed, from a file of areas."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layer", help="the layer's name")
        parser.add_argument("file", type=Path, help="a vector file of areas")
        parser.add_argument(
            "--completeness", choices=Completeness.values, default=Completeness.COMPLETE.value
        )
        parser.add_argument(
            "--class",
            dest="classes",
            action="append",
            default=[],
            metavar="CODE",
            help="a class that was looked for, with all below it; repeatable;"
            " default: the classes the layer holds",
        )
        parser.add_argument("--source-layer", default="", metavar="NAME")
        parser.add_argument("--srid", type=int, help="EPSG code, if the file states none")
        parser.add_argument("--captured-on", type=date.fromisoformat, metavar="YYYY-MM-DD")

    def run(self, layer: str, file: Path, **options: Any) -> dict[str, Any]:
        surveyed = survey_from_file(
            layer=layer,
            path=file,
            completeness=options["completeness"],
            classes=options["classes"],
            options=ImportOptions(
                **{name: options[name] for name in ("source_layer", "srid", "captured_on")}
            ),
        )
        area_km2 = surveyed.geometry.area / 1e6
        self.say(f"Layer '{layer}': {area_km2:.3f} km² stated as {surveyed.completeness}.")
        looked_for = ", ".join(surveyed.classes) or "the classes the layer holds, no others"
        self.say(f"  Looked for: {looked_for}.")
        return {
            "layer": layer,
            "completeness": surveyed.completeness,
            "classes": surveyed.classes,
            "area_km2": area_km2,
        }
