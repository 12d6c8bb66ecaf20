"""How long what-if takes for one drawn shape over HTTP, in cities of growing size.

The rule book of the demo city is in force. A dwelling, a school and a landfill of 100 m are drawn
at places spread over the city of ``bench_recheck``; nobody is signed in. The goal holds at every
size. BENCH_SIZES=10000,100000,1000000 names the sizes.
"""

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlparse

import django

from tests.bench.bench_recheck import BOOK, SIZES, connect_anew, filled, p95
from tests.city import new_city

PROJECT_SRID = 32648
ROUNDS = 30
GOAL_MS = 150.0
DRAWN_M = 100.0
USES = ("residential", "school", "landfill")


def bodies(use, size, per_row):
    """One drawn square at each of some places, as a browser sends it."""
    from shapely.geometry import box, mapping

    from layers.crs import to_wgs84
    from tests.bench.bench_recheck import APART_M, EAST, NORTH

    for number in range(ROUNDS + 1):
        place = (number * 7_919 + 13) % size
        x, y = EAST + place % per_row * APART_M, NORTH + place // per_row * APART_M
        shape = mapping(to_wgs84(box(x, y, x + DRAWN_M, y + DRAWN_M)))
        change = {"layer": "buildings", "geometry": shape, "land_use": use, "lifecycle": "planned"}
        yield json.dumps({"alternatives": [{"changes": [change]}]})


def asked_ms(connection, body):
    started = time.perf_counter()
    connection.request("POST", "/what-if/", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    told = answer.read()
    took = (time.perf_counter() - started) * 1000
    if answer.status != http.client.OK:
        raise AssertionError(told[:500])
    return took, json.loads(told)["alternatives"][0]["found"]


def measured(city, size):
    """Return per use how long each question took, and how many findings it brought."""
    from conflicts.rulebooks.versions import load_rulebook, ratify_rulebook

    _layer, per_row = filled(size)
    ratify_rulebook(load_rulebook(BOOK).rulebook, because="bench")
    found = {}
    with city.served() as address:
        at = urlparse(address)
        for use in USES:
            connection = http.client.HTTPConnection(at.hostname, at.port, timeout=120)
            asked = [asked_ms(connection, body) for body in bodies(use, size, per_row)]
            found[use] = asked[1:]  # the first one after a change reads rules and land
            sys.stderr.write(f"{use} of {size:,}: first {asked[0][0]:.0f} ms\n")
            connection.close()
    return found


def goals(size, found):
    for use, asked in found.items():
        times = [took for took, _many in asked]
        worst = p95(times)
        yield {
            "name": f"what-if of one drawn {use}, HTTP, of {size:,} buildings, p95 [ms]",
            "ours": round(worst, 1),
            "median": round(statistics.median(times), 1),
            "findings": round(statistics.mean(many for _took, many in asked), 1),
            "peer": None,
            "ratio": None,
            "goal": f"< {GOAL_MS:.0f} ms",
            "met": worst < GOAL_MS,
        }


def main():
    from django.db import connections

    found = []
    for size in SIZES:
        with (
            tempfile.TemporaryDirectory() as folder,
            new_city(PROJECT_SRID, f"bench_whatif_{size}", Path(folder)) as city,
        ):
            os.environ.update(city.environment, DJANGO_SETTINGS_MODULE="config.settings")
            if not found:
                django.setup()
            else:
                connect_anew(city)
            found += goals(size, measured(city, size))
            sys.stderr.write(json.dumps(found[-len(USES) :], indent=1) + "\n")
            connections.close_all()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
