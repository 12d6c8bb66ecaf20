"""A dense city for bench_tiles.py, inside the deployment, filled, made ready and asked.

``fill N``, ``generalise``, ``points``, ``anew TILES`` (JSON: zoom, column, row of each).

Footprints of 4 to 8 corners every 20 m, parcels of 30 m: nothing is drawn at random twice.
"""

import json
import os
import random
import sys
import time

import django
import numpy as np
import shapely

EAST, NORTH = 330_000.0, 1_170_000.0
SPACING_M, PARCEL_M = 20.0, 30.0
USES = ("school", "hospital", "market", None)
OTHER_LAYERS = 18
ROUNDS = 400


def footprints(count):
    """Return outlines of 4 to 8 corners and 5 to 8 m from middle to corner."""
    rng = np.random.default_rng(1)
    side = int(np.ceil(np.sqrt(count)))
    numbers = np.arange(count)
    middles = np.stack([numbers % side, numbers // side], axis=1) * SPACING_M
    middles = middles + rng.uniform(-2, 2, (count, 2)) + [EAST, NORTH]
    corners = rng.integers(4, 9, count)
    owner = np.repeat(numbers, corners + 1)
    place = np.arange(len(owner)) - (np.cumsum(corners + 1) - corners - 1)[owner]
    angle = 2 * np.pi * (place % corners[owner]) / corners[owner] + rng.uniform(0, 6, count)[owner]
    radius = rng.uniform(5, 8, count)[owner]
    points = middles[owner] + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return shapely.polygons(shapely.linearrings(points, indices=owner))


def plots(count, side_m):
    side = int(np.ceil(np.sqrt(count)))
    west = EAST + np.arange(count) % side * side_m
    south = NORTH + np.arange(count) // side * side_m
    return shapely.box(west, south, west + side_m, south + side_m)


def filled(slug, theme, shapes, uses=(None,)):
    from layers.services import NewFeature, open_layer, publish_features

    layer = open_layer(slug=slug, geometry_kind="polygon", theme=theme)
    features = (
        NewFeature(
            stable_id=f"{slug[0].upper()}-{n:07}",
            geometry=shape,
            land_use=uses[n % len(uses)],
            properties={"storeys": n % 5, "name": f"no. {n}"} if n % 50 == 0 else {"storeys": 1},
        )
        for n, shape in enumerate(shapes)
    )
    publish_features(layer=layer, features=features)
    return layer


def fill(count):
    """Publish the layers, state where they were surveyed, and copy the rows of one for tipg."""
    from django.contrib.auth.models import User
    from django.db import connection

    from layers.services import set_surveyed_area

    layers = [
        filled("buildings", "buildings", footprints(count), USES),
        filled("parcels", "cadastre", plots(count // 5, PARCEL_M)),
    ]
    layers += [
        filled(f"theme-{n:02}", "zones" if n < 3 else "other", plots(1_000, 100.0 + 10 * n))
        for n in range(OTHER_LAYERS)
    ]
    for layer in layers:
        set_surveyed_area(layer=layer, geometry=shapely.box(EAST, NORTH, EAST + 2e4, NORTH + 2e4))
    User.objects.create_user("bench", password="bench-bench-1", is_staff=True)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE layers_feature")
        # a table with its own index: through a view with a cast tipg would find no index
        cursor.execute(
            "CREATE TABLE bench_buildings AS SELECT id, stable_id, land_use_id,"
            " geometry::geometry(Polygon, 32648) AS geometry FROM layers_feature"
            " WHERE layer_id = %s AND retired_in IS NULL",
            [layers[0].pk],
        )
        cursor.execute("ALTER TABLE bench_buildings ADD PRIMARY KEY (id)")
        cursor.execute("CREATE INDEX ON bench_buildings USING gist (geometry)")
        cursor.execute("VACUUM ANALYZE bench_buildings")
    return {"layers": len(layers)}


def generalised():
    """Make what is kept of the two large layers; return how long it took for the buildings."""
    from django.db import connection

    from layers.generalised.building import generalise
    from layers.generalised.drawing import draw_squares
    from layers.generalised.filling import fill_dense_tiles
    from layers.models import Layer

    told = {}
    works = (("low", generalise), ("dense", fill_dense_tiles), ("drawn", draw_squares))
    for slug in ("parcels", "buildings"):
        layer = Layer.objects.get(slug=slug)
        for name, work in works:
            started = time.perf_counter()
            work(layer)
            told[name] = time.perf_counter() - started
    with connection.cursor() as cursor:
        for table in ("generalisedcell", "generalisedpart", "denseshape", "densetile", "drawntile"):
            cursor.execute(f"VACUUM ANALYZE layers_{table}")
        for name, table in (("dense_bytes", "denseshape"), ("drawn_bytes", "drawntile")):
            cursor.execute("SELECT pg_total_relation_size(%s)", [f"layers_{table}"])
            told[name] = cursor.fetchone()[0]
    return told


def anew(tiles):
    """Draw squares as a tile is drawn of which nothing is kept; return the times [ms]."""
    from layers.models import LayerVersion
    from layers.tiles import Tile, as_sent, drawn_tile

    version = LayerVersion.objects.select_related("layer").get(layer__slug="buildings")
    times = []
    for z, x, y in [tiles[0], *tiles]:
        started = time.perf_counter()
        as_sent(drawn_tile(version, Tile(z, x, y)))
        times.append((time.perf_counter() - started) * 1000)
    return times[1:]


def points():
    """Ask what lies at a point in process; open a session for those who ask over HTTP."""
    from django.contrib.auth.models import User
    from django.test import Client

    from layers.identify import place, what_is_at
    from layers.models import Layer

    chance = random.Random(4)
    spots = [(103.447 + chance.random() * 0.02, 10.581 + chance.random() * 0.02)
             for _n in range(ROUNDS)]  # fmt: skip
    layers = list(Layer.objects.order_by("slug"))
    few = [layer for layer in layers if layer.slug in
           {"buildings", "parcels", "theme-00", "theme-01", "theme-05"}]  # fmt: skip
    client = Client()
    client.force_login(User.objects.get(username="bench"))

    def timed(work):
        times = []
        for longitude, latitude in spots:
            started = time.perf_counter()
            work(longitude, latitude)
            times.append((time.perf_counter() - started) * 1000)
        return sorted(times[20:])

    twenty = timed(lambda x, y: what_is_at(place(longitude=x, latitude=y, zoom=18), layers))
    five = timed(lambda x, y: what_is_at(place(longitude=x, latitude=y, zoom=18), few))
    return {
        "twenty_p95": twenty[int(0.95 * len(twenty))],
        "five_p99": five[int(0.99 * len(five))],
        "layers": [layer.slug for layer in few],
        "cookie": f"sessionid={client.cookies['sessionid'].value}",
    }


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    what, *rest = sys.argv[1:]
    work = {
        "fill": lambda: fill(int(rest[0])),
        "generalise": generalised,
        "points": points,
        "anew": lambda: anew(json.loads(rest[0])),
    }[what]
    sys.stdout.write(json.dumps(work()) + "\n")


if __name__ == "__main__":
    main()
