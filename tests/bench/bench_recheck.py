"""How long a re-check takes after an edit, in cities of growing size.

The rule book of the demo city is asked of buildings 30 m apart, facilities (one of 200) and
nuisances (one of 5,000). Goals hold at every size: a re-check costs what changed
and what lies near it, not the city. BENCH_SIZES=10000,100000,1000000 names the sizes.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.city import new_city

PROJECT_SRID = 32648
SIZES = tuple(int(n) for n in os.environ.get("BENCH_SIZES", "10000").split(","))
BOOK = Path("fixtures/rulebook/krong-demo.yaml")
EAST, NORTH, APART_M = 330_000.0, 1_170_000.0, 30.0
FACILITIES = ("school", "hospital", "market", "health_centre", "kindergarten")
ROUNDS, MANY = 20, 10_000
MANY_SHARE = 25  # more of a small city at once is asked in full
GOALS_MS = {"building": 15.0, "facility": 15.0, "nuisance": 100.0, "many": 1_000.0}


def place(number, per_row, shift=0.0):
    from shapely.geometry import box

    x, y = EAST + number % per_row * APART_M + shift, NORTH + number // per_row * APART_M
    return box(x, y, x + 12, y + 10)


def used_for(number):
    """What stands there: one nuisance in 5,000, one facility in 200, else a dwelling."""
    if number % 5_000 == 2_500:
        return "landfill"
    if number % 200 == 100:
        return FACILITIES[number // 200 % len(FACILITIES)]
    return "residential"


def thing(number, per_row, shift=0.0):
    from layers.services import NewFeature

    return NewFeature(
        stable_id=f"B{number:07}",
        geometry=place(number, per_row, shift),
        land_use=used_for(number),
        properties={"floors": 1 + number % 3},
    )


def filled(size):
    """A city of so many buildings in one layer, all of it surveyed."""
    from django.db import connection
    from shapely.geometry import box

    from layers.services import open_layer, publish_features, set_surveyed_area

    per_row = int(size**0.5)
    layer = open_layer(slug="buildings", geometry_kind="polygon")
    publish_features(layer=layer, features=(thing(n, per_row) for n in range(size)))
    side = (per_row + 40) * APART_M
    ground = box(EAST - 20_000, NORTH - 20_000, EAST + side + 20_000, NORTH + side + 20_000)
    set_surveyed_area(layer=layer, geometry=ground)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return layer, per_row


def rechecked_ms(layer, book, things):
    from conflicts.recheck import recheck_conflicts
    from layers.services import publish_changes

    publish_changes(layer, things, [])
    started = time.perf_counter()
    recheck = recheck_conflicts(rulebook=book)
    took = (time.perf_counter() - started) * 1000
    if recheck.detection is None or recheck.why_full is not None:
        raise AssertionError(recheck)
    return took


def numbers_of(size, use):
    """The buildings that are edited, spread over the city."""
    wanted = {
        "building": lambda n: used_for(n) == "residential",
        "facility": lambda n: used_for(n) in FACILITIES,
        "nuisance": lambda n: used_for(n) == "landfill",
    }[use]
    found = [n for n in range(0, size, max(1, size // 4_000)) if wanted(n)] or [
        n for n in range(size) if wanted(n)
    ]
    step = max(1, len(found) // ROUNDS)
    return found[::step][:ROUNDS]


def measured(size):
    from conflicts.rulebooks.versions import load_rulebook
    from conflicts.services import detect_conflicts

    layer, per_row = filled(size)
    book = load_rulebook(BOOK).rulebook
    started = time.perf_counter()
    detect_conflicts(rulebook=book)
    times = {"full": [(time.perf_counter() - started) * 1000]}
    for use in ("building", "facility", "nuisance"):
        numbers = numbers_of(size, use)
        rechecked_ms(layer, book, [thing(numbers[0], per_row, 2.0)])  # warms up
        times[use] = [rechecked_ms(layer, book, [thing(n, per_row, 1.0)]) for n in numbers]
    many = [thing(n, per_row, 3.0) for n in range(min(size // MANY_SHARE, MANY))]
    times["many"] = [rechecked_ms(layer, book, many)]
    return times


def p95(times):
    return sorted(times)[min(len(times) - 1, int(0.95 * len(times)))]


def goals(size, times):
    yield {
        "name": f"full detection of {size:,} buildings [ms]",
        "ours": round(times["full"][0]),
        "peer": None,
        "ratio": None,
        "goal": "told",
        "met": True,
    }
    for use, goal in GOALS_MS.items():
        worst = p95(times[use])
        yield {
            "name": f"re-check after a {use} was edited, of {size:,} buildings, p95 [ms]"
            if use != "many"
            else f"{min(size // MANY_SHARE, MANY):,} edits at once, of {size:,} buildings [ms]",
            "ours": round(worst, 1),
            "median": round(statistics.median(times[use]), 1),
            "peer": None,
            "ratio": None,
            "goal": f"< {goal:.0f} ms",
            "met": worst < goal,
        }


def main():
    found = []
    for size in SIZES:
        with (
            tempfile.TemporaryDirectory() as folder,
            new_city(PROJECT_SRID, f"bench_recheck_{size}", Path(folder)) as city,
        ):
            os.environ.update(city.environment, DJANGO_SETTINGS_MODULE="config.settings")
            if not found:
                django.setup()
            else:
                connect_anew(city)
            found += goals(size, measured(size))
            sys.stderr.write(json.dumps(found[-5:], indent=1) + "\n")
            from django.db import connections

            connections.close_all()
    sys.stdout.write(json.dumps(found) + "\n")


def connect_anew(city):
    """Go on in the next city with the same process."""
    from django.db import connections

    connections["default"].settings_dict["NAME"] = city.environment["KRONG_DB_NAME"]


if __name__ == "__main__":
    main()
