"""Import, re-import and edits of large layers, against geopandas.to_postgis in the same cluster.

The peer gets its table in memory and only writes it, with its spatial index; Krong reads the file,
checks every shape, writes, indexes and publishes, in a process that looked into another file
before: importing is the work of a worker that goes on running, and the peer has all loaded as well.
Both take turns, three times, each time into a new layer or table, and the medians are compared: on
a shared machine one run says little. All runs are told on standard error with the machine's load.
KRONG_BENCH_BUILDINGS sets the size (1,000,000).
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

from tests.bench.feature_store_data import PROJECT_SRID, buildings, parcels
from tests.city import new_city

BUILDINGS = int(os.environ.get("KRONG_BENCH_BUILDINGS", "1000000"))
PARCELS = BUILDINGS // 5
SPEED_UP = 2.5
EDIT_MS = 50.0
MEMORY_MB = 600.0
EDITS = 20
TURNS = 3
SMALL = 1000

# Runs in the city: settings fix its CRS and database for a process.
IN_CITY = """
import json, sys, time, django
django.setup()
from pathlib import Path
from shapely.geometry import box
from layers.ingest import ImportOptions, import_file, look_into
from layers.models import Layer
from layers.services import NewFeature, publish_features, retire_features
what, *rest = sys.argv[1:]
def timed(work):
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result
if what == "import":
    path, layer, other = rest
    look_into(Path(other))  # as a worker that read a file before: the peer has all loaded, too
    took, report = timed(lambda: import_file(
        path=Path(path), layer=layer, options=ImportOptions(id_field="code")))
    print(json.dumps({"took": took, "stored": report.rows.stored, "changed": report.changed}))
else:
    layer, count = Layer.objects.get(slug=rest[0]), int(rest[1])
    times = []
    for n in range(count):
        house = NewFeature(stable_id="B3", geometry=box(330000, 1170000, 330010 + n, 1170010))
        times.append(timed(lambda: publish_features(
            layer=layer, features=[house], replaces_all=False))[0])
        times.append(timed(lambda: retire_features(layer=layer, stable_ids=[f"B{n + 10}"]))[0])
    print(json.dumps({"times": times}))
"""


def in_city(city, *arguments):
    """Return what the program printed."""
    done = subprocess.run(
        [sys.executable, "-c", IN_CITY, *map(str, arguments)],
        env=city.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def most_memory_mb(city, *arguments):
    """Return the most memory [MB] the program and its readers took; asking slows them down."""
    process = subprocess.Popen(
        [sys.executable, "-c", IN_CITY, *map(str, arguments)],
        env=city.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.DEVNULL,
    )
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(map(memory_mb, family(process.pid))))
        time.sleep(0.1)
    if process.returncode:
        raise SystemExit(f"{arguments} ended with {process.returncode}")
    return peak


def family(pid):
    """Return a process and those it started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *(member for child in children for member in family(int(child)))]


def memory_mb(pid):
    """Return the private and shared memory of a process, its part of what is shared."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def peer_of(city):
    """An engine of SQLAlchemy on the city's database."""
    url = city.json("db", "url")["url"]
    engine = create_engine(
        "postgresql+psycopg2://", creator=lambda: __import__("psycopg2").connect(url)
    )
    yield engine
    engine.dispose()


def in_turns(city, file, frame, layer, small):
    """Return the medians [s] of Krong's imports and of the peer's; ``small`` is read before."""
    ours, peers = [], []
    for turn in range(1, TURNS + 1):
        first = in_city(city, "import", file, f"{layer}-{turn}", small)
        assert first["stored"] == len(frame)
        ours.append(first["took"])
        peers.append(to_postgis_s(city, frame))
        load = os.getloadavg()[0]
        sys.stderr.write(f"{layer}: {ours[-1]:.2f} s, peer {peers[-1]:.2f} s, load {load:.1f}\n")
    return statistics.median(ours), statistics.median(peers)


def to_postgis_s(city, frame):
    with peer_of(city) as engine:
        started = time.perf_counter()
        frame.to_postgis("peer", engine, if_exists="replace")
        return time.perf_counter() - started


def faster(name, ours, peer):
    ratio = peer / ours
    return {
        "name": f"{name} [s]",
        "ours": round(ours, 2),
        "peer": round(peer, 2),
        "ratio": round(ratio, 2),
        "goal": f">= {SPEED_UP} x geopandas.to_postgis",
        "met": ratio >= SPEED_UP,
    }


def below(name, ours, limit, unit):
    return {
        "name": f"{name} [{unit}]",
        "ours": round(ours, 1),
        "peer": None,
        "ratio": None,
        "goal": f"< {limit:.0f} {unit}",
        "met": ours < limit,
    }


def written(frame, folder, name):
    path = folder / f"{name}.gpkg"
    frame.to_file(path, engine="pyogrio")
    return path


def with_changes(frame):
    """The same buildings, one in a hundred with a storey more."""
    changed = frame.copy()
    changed.loc[changed.index % 100 == 0, "storeys"] += 1
    return changed


def measure(city, folder):
    homes, land = buildings(BUILDINGS), parcels(PARCELS)
    file = written(homes, folder, "buildings")
    small = written(homes.iloc[:SMALL], folder, "small")
    once, peer = in_turns(city, file, homes, "buildings", small)
    goals = [
        faster(f"import of {BUILDINGS} polygons", once, peer),
        faster(
            f"import of {PARCELS} numbered parcels",
            *in_turns(city, written(land, folder, "parcels"), land, "parcels", small),
        ),
    ]
    changed = written(with_changes(homes), folder, "changed")
    again = in_city(city, "import", changed, "buildings-1", small)
    assert again["changed"] == -(-BUILDINGS // 100)
    goals.append(below(f"import of {BUILDINGS} with 1 % changed", again["took"], 3 * once, "s"))
    in_city(city, "import", small, "small", small)
    for layer, size in (("buildings-1", BUILDINGS), ("small", SMALL)):
        times = in_city(city, "edit", layer, EDITS)["times"]
        goals.append(
            below(f"edit in {size}, median", statistics.median(times) * 1000, EDIT_MS, "ms")
        )
    for size, path in (
        (BUILDINGS, file),
        (3 * BUILDINGS, written(buildings(3 * BUILDINGS), folder, "large")),
    ):
        memory = most_memory_mb(city, "import", path, f"watched-{size}", small)
        goals.append(below(f"memory at {size} polygons", memory, MEMORY_MB, "MB"))
    return goals


def main():
    with (
        tempfile.TemporaryDirectory() as folder,
        new_city(PROJECT_SRID, "bench_store", Path(folder)) as city,
    ):
        goals = measure(city, Path(folder))
    sys.stdout.write(json.dumps(goals) + "\n")


if __name__ == "__main__":
    main()
