"""How long it takes to say where a landfill may go in a whole city, against geopandas.

The city: dwellings 20 m apart, one parcel for five of them, facilities, zones, roads, a river, and
empty ground around (BENCH_SITING_SIZE=1000000 names the dwellings). First the whole rule book of
the demonstration is asked, sites are found, checked and published. Then only the distances a
landfill keeps are asked, of siting and of geopandas (buffers, dissolved, cut out of the city): both
must leave the same ground, but for the rim of a cell along each limit.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.city import new_city

SIZE = int(os.environ.get("BENCH_SITING_SIZE", "100000"))
PEER_SIZE = int(os.environ.get("BENCH_SITING_PEER_SIZE", "10000"))
BOOK = Path("fixtures/rulebook/krong-demo.yaml")
GOAL_S, AREA_M2 = 20.0, 150_000.0


def studied(size):
    """Seconds of a whole study, of its reading and judging alone, and what it found."""
    from conflicts.rulebooks.versions import load_rulebook
    from conflicts.siting.question import SitingQuestion
    from conflicts.siting.services import ask, carry_out
    from tests.bench.siting_ground import filled

    filled(size)
    book = load_rulebook(BOOK).rulebook
    question = SitingQuestion(use="landfill", area_m2=AREA_M2, sets_aside=True)
    kept = ask(question=question, book=book)
    started, busy = time.perf_counter(), time.process_time()
    kept = carry_out(kept)
    took = time.perf_counter() - started, time.process_time() - busy
    if not kept.result["sites"] or kept.result["areas_m2"]["forbidden"] <= 0:
        raise AssertionError(kept.result["areas_m2"])
    return (*took, kept.result)


def distances():
    """The rules of the book by which a landfill keeps a distance from something."""
    import yaml

    rules = yaml.safe_load(BOOK.read_text())["rules"]
    known = {"residential", "school", "hospital", "health_centre", "market", "hotel", "river",
             "pagoda"}  # fmt: skip
    return [
        rule
        for rule in rules
        if rule["kind"] == "separation"
        and rule["subject"].get("classes") == ["landfill"]
        and set(rule["object"]["classes"]) <= known
    ]


def allowed_by_krong(rules):
    """Seconds, and the ground left by these rules alone, as areas [m2] allowed and of the rim."""
    from django.db import transaction

    from conflicts.siting.question import SitingQuestion
    from conflicts.siting.study import study
    from conflicts.siting.verdicts import areas_m2
    from tests.conflicts.ground import rulebook

    book = rulebook(*rules)
    question = SitingQuestion(use="landfill", area_m2=AREA_M2)
    started = time.perf_counter()
    with transaction.atomic():
        answer = study(question, book, lambda *_: None)
    took = time.perf_counter() - started
    areas = areas_m2(answer.verdicts, answer.cells.size_m)
    return took, {str(siting): area for siting, area in areas.items()}, answer.cells.size_m


def allowed_by_geopandas(rules, ground):
    """Seconds, and the area [m2] that geopandas leaves of the city: buffers, union, difference."""
    import geopandas
    import shapely
    from django.db import connection

    sql = (
        "SELECT ST_AsBinary(feature.geometry) AS geometry FROM layers_feature AS feature"
        " JOIN layers_landuseclass AS class ON class.id = feature.land_use_id"
        " LEFT JOIN layers_landuseclass AS above ON above.id = class.parent_id"
        " WHERE feature.retired_in IS NULL AND %(use)s IN (class.code, above.code)"
    )
    started = time.perf_counter()
    left = ground
    for rule in rules:
        [use] = rule["object"]["classes"]
        with connection.cursor() as cursor:
            cursor.execute(sql, {"use": use})
            shapes = shapely.from_wkb([bytes(row[0]) for row in cursor.fetchall()])
        kept_off = geopandas.GeoSeries(shapes, crs=32648).buffer(rule["min_distance_m"])
        left = left.difference(kept_off.union_all())
    return time.perf_counter() - started, left


def compared(size):
    """Seconds of both, once they are found to leave the same ground."""
    from tests.bench.siting_ground import filled

    ground = filled(size)
    rules = distances()
    ours_s, areas, cell_m = allowed_by_krong(rules)
    peer_s, left = allowed_by_geopandas(rules, ground)
    rim_m2 = left.boundary.length * 4 * cell_m
    if not areas["allowed"] <= left.area + 1 or left.area - areas["allowed"] > rim_m2:
        raise AssertionError((areas, left.area, rim_m2))
    return ours_s, peer_s


def goal(name, ours, limit, met, peer=None):
    ratio = round(peer / ours, 2) if peer else None
    told = round(peer, 2) if peer else None
    return {"name": name, "ours": round(ours, 2), "peer": told, "ratio": ratio, "goal": limit,
            "met": met}  # fmt: skip


def in_a_city(name, work, size):
    """Do work on a city of its own; the first one tells this process where its database is."""
    with (
        tempfile.TemporaryDirectory() as folder,
        new_city(32648, name, Path(folder)) as city,
    ):
        os.environ.update(city.environment, DJANGO_SETTINGS_MODULE="config.settings")
        django.setup()
        from django.db import connections

        connections.close_all()
        connections["default"].settings_dict["NAME"] = city.environment["KRONG_DB_NAME"]
        told = work(size)
        connections.close_all()
    return told


def main():
    took_s, busy_s, result = in_a_city("bench_siting", studied, SIZE)
    ours_s, peer_s = in_a_city("bench_siting_peer", compared, PEER_SIZE)
    cells = sum(result["areas_m2"].values()) / result["cell_m"] ** 2
    goals = [
        goal(f"where a landfill may go among {SIZE:,} dwellings, {cells:,.0f} squares [s]",
             took_s, f"< {GOAL_S:.0f} s", took_s < GOAL_S),
        goal("processor time of it, without the database's [s]", busy_s, "told", met=True),
        goal(f"the distances alone among {PEER_SIZE:,} dwellings, geopandas [s]", ours_s,
             "faster than geopandas", ours_s < peer_s, peer_s),
    ]  # fmt: skip
    sys.stdout.write(json.dumps(goals) + "\n")


if __name__ == "__main__":
    main()
