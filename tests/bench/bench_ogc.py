"""1,000 features over HTTP against tipg and pygeoapi on the same rows; page 400 against page 1.

Each server has one process at work for one client; answers are read to their end, uncompressed.
``KRONG_BENCH_FEATURES`` makes it smaller for a trial: the late page is then the last one.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from tests.bench import ogc_peers
from tests.city import new_city

PROJECT_SRID = 32648
PAGE = 1_000
FEATURES = int(os.environ.get("KRONG_BENCH_FEATURES", "401000"))
ROUNDS = 15
FILL = """
import sys, django; django.setup()
from shapely.geometry import box
from django.db import connection
from layers.services import NewFeature, open_layer, publish_features
layer = open_layer(slug="buildings", geometry_kind="polygon")
publish_features(layer=layer, features=(
    NewFeature(stable_id=f"B-{n:07}", properties={"height_m": n % 30, "label": f"ផ្ទះ {n}"},
               geometry=box(330000 + n % 600 * 15, 1170000 + n // 600 * 15,
                            330010 + n % 600 * 15, 1170010 + n // 600 * 15))
    for n in range(int(sys.argv[1]))))
with connection.cursor() as cursor:
    cursor.execute("CREATE SCHEMA peers")
    cursor.execute("CREATE TABLE peers.buildings AS SELECT stable_id, "
                   "(properties ->> 'height_m')::int AS height_m, properties ->> 'label' AS label, "
                   "geometry::geometry(Polygon, 32648) AS geometry FROM layers_feature")
    cursor.execute("ALTER TABLE peers.buildings ADD PRIMARY KEY (stable_id)")
    cursor.execute("CREATE INDEX ON peers.buildings USING gist (geometry)")
    cursor.execute("VACUUM ANALYZE layers_feature"); cursor.execute("ANALYZE peers.buildings")
"""


def took_ms(address):
    """Return how long one page took and the document."""
    started = time.perf_counter()
    with urllib.request.urlopen(address, timeout=120) as answer:
        body = answer.read()
    return (time.perf_counter() - started) * 1000, json.loads(body)


def median_ms(addresses):
    """Return the median of each address, asked in turns; the first turn warms up."""
    times = {name: [] for name in addresses}
    for turn in range(ROUNDS + 1):
        for name, address in addresses.items():
            took, page = took_ms(address)
            assert len(page["features"]) == PAGE, (name, len(page["features"]))
            times[name] += [took] if turn else []
    return {name: statistics.median(rounds) for name, rounds in times.items()}


def late_page(first):
    """Follow the links to the last full page (the 400th of the full bench)."""
    address, count = first, min(400, FEATURES // PAGE)
    for _page in range(count - 1):
        _took, page = took_ms(address)
        address = next(found["href"] for found in page["links"] if found["rel"] == "next")
    return address, count


def goal(name, ours, peer, wanted, *, met):
    ratio = None if not peer else round(ours / peer, 3)
    told = {"name": name, "ours": round(ours, 1), "peer": peer and round(peer, 1), "ratio": ratio}
    return {**told, "goal": wanted, "met": met}


def missing(name, reason):
    told = {"name": name, "ours": None, "peer": None, "ratio": None, "met": False}
    return {**told, "goal": f"a peer to compare with: {reason}"}


def measured(city, folder):
    with ExitStack() as stack:
        base = stack.enter_context(city.served())
        first = f"{base}/ogc/collections/buildings/items?limit={PAGE}"
        late, count = late_page(first)
        addresses = {"ours": first, "late": late}
        python = ogc_peers.peers_python()
        if python is not None:
            items = {
                "tipg": stack.enter_context(ogc_peers.tipg(python, city.database)),
                "pygeoapi": stack.enter_context(ogc_peers.pygeoapi(python, city.database, folder)),
            }
            addresses |= {name: f"{address}&limit={PAGE}" for name, address in items.items()}
        times = median_ms(addresses)
    ours, last = times["ours"], times["late"]
    yield goal(f"page {count} against page 1 of {FEATURES:,} features [ms]", last, ours,
               "at most 1.2 times as long", met=last <= 1.2 * ours)  # fmt: skip
    for name in ("tipg", "pygeoapi"):
        title = f"{PAGE:,} features over HTTP against {name} [ms]"
        if name in times:
            yield goal(title, ours, times[name], f"faster than {name}", met=ours < times[name])
        else:
            yield missing(title, "it could not be fetched")


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        new_city(PROJECT_SRID, "bench_ogc", Path(folder)) as city,
    ):
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ogc_peers.ROOT)}
        subprocess.run(
            [sys.executable, "-c", FILL, str(FEATURES)], env=city.environment | settings, check=True
        )
        found = list(measured(city, Path(folder)))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
