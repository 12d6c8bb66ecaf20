"""Changes a real city step by step and asks the same rules both ways, in the city's own process.

Everything happens in one transaction that is taken back: other tests need the city as it is.
"""

import json
import os
import random
import sys

import django

django.setup()

import shapely.affinity  # noqa: E402
from django.db import transaction  # noqa: E402

from layers.models import Layer  # noqa: E402
from layers.services import NewFeature, publish_changes, set_surveyed_area  # noqa: E402
from tests.conflicts.changing_city import FULL, NEAR, TwoBooks, found, same  # noqa: E402

STEPS, EDITS = 4, 12


def changed(layer, chance):
    """Some features moved by up to 30 m, others removed."""
    rows = list(layer.features.filter(retired_in=None).order_by("stable_id"))
    picked = chance.sample(rows, min(EDITS, len(rows)))
    gone = [row.stable_id for row in picked[:2]] if len(rows) > EDITS else []
    moved = []
    for row in picked[len(gone) :]:
        shape = shapely.from_wkb(bytes(row.geometry.wkb))
        shape = shapely.affinity.translate(shape, chance.uniform(-30, 30), chance.uniform(-30, 30))
        moved.append(
            NewFeature(
                stable_id=row.stable_id,
                geometry=shape,
                land_use=row.land_use.code if row.land_use else None,
                lifecycle=row.lifecycle,
                properties=row.properties,
            )
        )
    return moved, gone


def surveyed(layer):
    """The layer is surveyed in a box around all it holds."""
    shapes = [
        shapely.from_wkb(bytes(shape.wkb))
        for shape in layer.features.filter(retired_in=None).values_list("geometry", flat=True)
    ]
    west, south, east, north = shapely.total_bounds(shapes)
    set_surveyed_area(
        layer=layer, geometry=shapely.box(west, south, (west + east) / 2, north), source="half"
    )


def main():
    asked = json.loads(os.environ["RECHECK"])
    chance = random.Random(asked["seed"])
    told = {"steps": 0, "findings": 0, "changes": 0, "full": 0}
    with transaction.atomic():
        for slug in asked["layers"]:
            surveyed(Layer.objects.get(slug=slug))
        books = TwoBooks(asked["rules"]).begin()
        for step in range(STEPS):
            slug = asked["layers"][step % len(asked["layers"])]
            layer = Layer.objects.get(slug=slug)
            publish_changes(layer, *changed(layer, chance))
            recheck = books.ask_again()
            same(books)
            told["steps"] += 1
            told["full"] += recheck.why_full is not None
            told["changes"] += recheck.detection.observations.exclude(change="unchanged").count()
        told["findings"] = found(FULL).count()
        if found(NEAR).count() != told["findings"]:
            raise AssertionError(told)
        transaction.set_rollback(True)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
