"""``./krong generalise buildings``: make what a large layer shows at low zooms."""

import time
from argparse import ArgumentParser
from typing import Any

from layers.commands import KrongCommand
from layers.generalised.building import generalise
from layers.generalised.drawing import draw_squares
from layers.generalised.filling import fill_dense_tiles
from layers.queries import layer_named


class Command(KrongCommand):
    help = "Make the low zooms of a large layer now, instead of at the first look from afar."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layer", help="name of the layer, e.g. buildings")

    def run(self, layer: str, **_options: Any) -> dict[str, Any]:
        started = time.perf_counter()
        versions = generalise(layer_named(layer))
        versions = max(versions, fill_dense_tiles(layer_named(layer)))
        squares = draw_squares(layer_named(layer))
        seconds = round(time.perf_counter() - started, 1)
        is_done = versions or squares
        done = f"{versions} versions in {seconds} s" if is_done else "nothing was to be done"
        self.say(f"Low zooms of '{layer}': {done}.")
        return {"layer": layer, "versions": versions, "seconds": seconds}
