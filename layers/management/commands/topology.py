"""``./krong topology zones --tolerance 0.05``: what the areas of a layer must keep to."""

import math
from argparse import ArgumentParser
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from layers.commands import KrongCommand
from layers.editing.topology import set_topology
from layers.models import Layer
from layers.queries import layer_named


class Command(KrongCommand):
    help = "State whether the areas of a layer may overlap, and how wide a slip may be."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("layer", help="name of the layer, e.g. zones")
        parser.add_argument(
            "--tolerance", type=metres, metavar="M", help="metres; without it the project's default"
        )
        parser.add_argument("--source", default="", help="where the tolerance comes from")
        parser.add_argument(
            "--cover", metavar="LAYER", help="the ground of this layer must be covered"
        )
        parser.add_argument("--free", action="store_true", help="let the areas overlap again")

    def run(self, **options: Any) -> dict[str, Any]:
        layer = layer_named(options["layer"])
        stated = set_topology(
            layer=layer,
            must_not_overlap=not options["free"],
            tolerance_m=options["tolerance"],
            tolerance_source=options["source"],
            must_cover=_ground(layer_named(options["cover"])) if options["cover"] else None,
        )
        manner = "must not overlap" if stated.must_not_overlap else "may overlap"
        self.say(
            f"Areas of '{layer.slug}' {manner}; tolerance {stated.tolerance_m} m "
            f"({stated.tolerance_source or 'no source stated'})."
        )
        return {
            "layer": layer.slug,
            "must_not_overlap": stated.must_not_overlap,
            "tolerance_m": stated.tolerance_m,
            "tolerance_source": stated.tolerance_source,
            "must_cover": stated.must_cover is not None,
        }


def metres(text: str) -> float:
    """Return a length [m]; argparse names this function where the text is none."""
    length = float(text)
    if not math.isfinite(length):
        raise ValueError(text)
    return length


def _ground(layer: Layer) -> BaseGeometry:
    shapes = layer.features.filter(retired_in=None).values_list("geometry", flat=True)
    return shapely.union_all([shapely.from_wkb(bytes(shape.wkb)) for shape in shapes])
