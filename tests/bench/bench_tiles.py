"""Tiles and questions at a point over a large layer, beside tipg on the same rows.

What Krong makes ready when a layer is published (ADR 12) is ready; how long that takes is told, and
how long a tile takes without the drawn squares.

KRONG_BENCH_BUILDINGS sets the size (1,000,000 footprints, a fifth as many parcels). Every tile is
asked for once with no tile kept, then again. Sizes are as sent, compressed.
KRONG_BENCH_DATABASE names a database to be filled once and used again; it is not dropped.
"""

import json
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from tests.bench.point_rate import rate
from tests.bench.tile_peer import TIPG, fetched, krong_serving, peer_python, tipg_serving
from tests.city import City, new_city

PROJECT_SRID = 32648
BUILDINGS = int(os.environ.get("KRONG_BENCH_BUILDINGS", "1000000"))
ROOT = Path(__file__).resolve().parents[2]
PER_ZOOM = 24
# The south-west corner of the ground that tile_ground.py builds on [degrees], and half its width.
LONGITUDE, LATITUDE = 103.446, 10.580
SPACING_M = 20.0
HALF_M = math.sqrt(BUILDINGS) * SPACING_M / 2
LOW, HIGH = range(8, 14), range(14, 19)


def places(z, count, seed):
    """Return distinct tiles of a zoom spread over the ground."""
    chance = random.Random(seed * 100 + z)
    found = set()
    for _try in range(count * 4):
        degrees = HALF_M / 111_320
        found.add(tile(z, LONGITUDE + chance.uniform(0, 2 * degrees) / math.cos(0.1847),
                       LATITUDE + chance.uniform(0, 2 * degrees)))  # fmt: skip
    return sorted(found)[:count] if len(found) < count else chance.sample(sorted(found), count)


def tile(z, longitude, latitude):
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**z
    return int((longitude + 180) / 360 * 2**z), int(row)


def quantile(times, share):
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)]


def asked(port, address, zooms):
    """Return time [ms] and bytes of every tile, asked for one after the other."""
    told = {}
    for z in zooms:
        for x, y in places(z, PER_ZOOM, 1):
            status, body, took = fetched(port, address.format(z=z, x=x, y=y))
            if status not in {200, 204}:
                raise SystemExit(f"{address} {z}/{x}/{y}: {status} {body[:300]}")
            told[z, x, y] = (took, len(body))
    return told


def goal(name, ours, goal_text, met, peer=None):
    ratio = round(peer / ours, 2) if peer and ours else None
    return {
        "name": name,
        "ours": round(ours, 2),
        "peer": None if peer is None else round(peer, 2),
        "ratio": ratio,
        "goal": goal_text,
        "met": bool(met),
    }


def in_city(city, *arguments):
    """Run tile_ground.py with the settings of the city; return what it printed last."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.tile_ground", *map(str, arguments)],
        env=city.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.strip().splitlines()[-1])


def tile_goals(city):
    warm = "/tiles/parcels/1/14/0/0.mvt"
    with krong_serving(city) as port:
        fetched(port, warm)
        high = asked(port, "/tiles/buildings/1/{z}/{x}/{y}.mvt", HIGH)
        low = asked(port, "/tiles/buildings/1/{z}/{x}/{y}.mvt", LOW)
        low |= asked(port, "/tiles/parcels/1/{z}/{x}/{y}.mvt", LOW[:-1])
        again = asked(port, "/tiles/buildings/1/{z}/{x}/{y}.mvt", [*HIGH, *LOW])
    peer, why = peer_times(city)
    for z in HIGH:
        ours = [took for (zoom, *_), (took, _size) in high.items() if zoom == z]
        theirs = [took for (zoom, *_), (took, _size) in peer.items() if zoom == z]
        middle = statistics.median(theirs) if theirs else None
        yield goal(f"tile z{z}, median [ms], tipg {TIPG} {why}", statistics.median(ours),
                   "faster than tipg", middle is None or statistics.median(ours) < middle,
                   middle)  # fmt: skip
    slow = quantile([took for took, _size in high.values()], 0.95)
    yield goal("tile z14-z18, p95 [ms]", slow, "< 60 ms", slow < 60)
    far = quantile([took for took, _size in low.values()], 0.95)
    yield goal("tile z8-z13, p95 [ms]", far, "< 100 ms", far < 100)
    size = max(size for _took, size in low.values()) / 1024
    yield goal("largest tile z8-z13 [KiB gzip]", size, "< 150 KiB", size < 150)
    kept = statistics.median(took for took, _size in again.values())
    yield goal("kept tile, median [ms]", kept, "< 3 ms", kept < 3)


def anew_goals(city):
    """Squares of which the tile itself is kept, drawn as if it were not."""
    for z in (12, 13, 14):
        times = in_city(city, "anew", json.dumps([(z, *place) for place in places(z, PER_ZOOM, 1)]))
        yield goal(f"tile z{z} drawn anew, in process, p95 [ms]", quantile(times, 0.95),
                   "told", met=True)  # fmt: skip


def peer_times(city):
    python, why = peer_python()
    if python is None:
        return {}, f"(left out: {why})"
    address = (
        "/collections/public.bench_buildings/tiles/WebMercatorQuad/{z}/{x}/{y}?properties=stable_id"
    )
    with tipg_serving(city, python) as port:
        x, y = tile(14, LONGITUDE, LATITUDE)
        fetched(port, address.format(z=14, x=x, y=y))
        return asked(port, address, HIGH), ""


def point_goals(city):
    found = in_city(city, "points")
    yield goal("identify over 20 layers, p95 [ms]", found["twenty_p95"], "< 30 ms",
               found["twenty_p95"] < 30)  # fmt: skip
    yield goal("what lies at a point, 5 layers, in process, p99 [ms]", found["five_p99"],
               "<= 5 ms", found["five_p99"] <= 5)  # fmt: skip
    with krong_serving(city, workers=2, threads=4) as port:
        asking = (port, found["cookie"], found["layers"])
        rate(*asking, seconds=3.0)  # both workers have taken up their sessions
        answers, times = rate(*asking)
    yield goal("the same over HTTP with an account, clients on the same cores [1/s]", answers,
               ">= 800 requests/s", answers >= 800)  # fmt: skip
    yield goal("one of these answers, p99 [ms]", quantile(times, 0.99), "told", met=True)


def made_goals(city):
    """Fill the city and make what is kept of it."""
    in_city(city, "fill", BUILDINGS)
    made, size = in_city(city, "generalise"), f"{BUILDINGS:,} buildings"
    yield goal(f"low zooms of {size} made [s]", made["low"], "told", met=True)
    yield goal(f"dense squares of {size} cut [s]", made["dense"], "told", met=True)
    yield goal("room for the dense squares [MB]", made["dense_bytes"] / 1e6, "told", met=True)
    yield goal(f"squares of {size} drawn once [s]", made["drawn"], "told", met=True)
    yield goal("room for the drawn squares [MB]", made["drawn_bytes"] / 1e6, "told", met=True)


@contextmanager
def a_city(folder):
    """A new city, or the one that is kept under a name; tell whether it is filled already."""
    name = os.environ.get("KRONG_BENCH_DATABASE")
    if not name:
        with new_city(PROJECT_SRID, "bench_tiles", folder) as city:
            yield city, False
        return
    city = City(srid=PROJECT_SRID, database=name, var=folder)
    city.krong("migrate", "--verbosity", "0")
    is_filled = bool(city.rows("SELECT 1 FROM layers_layer WHERE slug = 'buildings'"))
    if not is_filled:
        city.krong("load_classes")
    yield city, is_filled


def main():
    with tempfile.TemporaryDirectory() as folder, a_city(Path(folder)) as (city, is_filled):
        found = [] if is_filled else [*made_goals(city)]
        found += [*tile_goals(city), *anew_goals(city), *point_goals(city)]
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
