"""``./krong basemap build``: the base map as one file for weak internet."""

from argparse import ArgumentParser
from typing import Any

from layers.basemap import build_basemap, current_basemap
from layers.commands import KrongCommand


class Command(KrongCommand):
    help = "Build the base map of the city as one file, or say whether it is up to date."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["build", "status"], help="build it, or ask")

    def run(self, action: str, **_options: Any) -> dict[str, Any]:
        made = build_basemap(self.show_progress) if action == "build" else current_basemap()
        if made is None:
            self.say("There is no base map of the layers as they are published.")
            return {"path": None}
        size = made.path.stat().st_size
        self.say(
            f"{made.path}: {size / 1e6:.1f} MB, zoom 0 to {made.highest_zoom}, "
            f"{', '.join(made.layers)}."
        )
        return {
            "path": str(made.path),
            "bytes": size,
            "layers": made.layers,
            "highest_zoom": made.highest_zoom,
        }
