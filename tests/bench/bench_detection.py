"""How long a full detection takes in cities of growing size, and the same rules in geopandas.

The rule book of the demo city is asked for the first time of ``detection_ground.Ground``, and its
findings are stored. BENCH_SIZES=10000,100000,1000000 names the sizes; without it they are small
enough to be part of ``make bench``. Processor time of both processes, Krong's and PostgreSQL's,
is told beside the time that passed.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

import django

from tests.bench.detection_ground import Ground, publish
from tests.city import new_city

PROJECT_SRID = 32648
SIZES = tuple(int(n) for n in os.environ.get("BENCH_SIZES", "10000,30000").split(","))
BOOK = Path("fixtures/rulebook/krong-demo.yaml")
GOAL_S, GOAL_AT, TIMES_FASTER = 30.0, 1_000_000, 3.0


def processor_s(process):
    """Processor time of a process so far [s]."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_mb(process):
    """The most memory that a process held so far [MB]."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def session():
    """The process in which PostgreSQL works for us."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def detected():
    """Ask the whole rule book once; return what it took and found."""
    from conflicts.models import Finding
    from conflicts.rulebooks.versions import load_rulebook
    from conflicts.services import detect_conflicts

    book = load_rulebook(BOOK).rulebook
    server, own = session(), os.getpid()
    before = processor_s(server) + processor_s(own)
    started = time.perf_counter()
    detection = detect_conflicts(rulebook=book)
    took = time.perf_counter() - started
    return {
        "wall_s": took,
        "processor_s": processor_s(server) + processor_s(own) - before,
        "server_mb": peak_mb(server),
        "own_mb": peak_mb(own),
        "rules": book.rules.count(),
        "findings": Finding.objects.count(),
        "found": {row.rule.code: row.pairs_found for row in detection.outcomes.all()},
    }


def asked_of_geopandas():
    """The rules that compare places, in geopandas: how long they took and what they found."""
    from conflicts.models import RuleBook
    from conflicts.rule_schema import rule_from_data
    from layers.queries import all_branches
    from tests.bench.detection_peer import detect, features

    book = RuleBook.objects.latest("pk")
    rules = [rule_from_data(row.definition) for row in book.rules.order_by("code")]
    table, branches = features(), all_branches()
    before, started = processor_s(os.getpid()), time.perf_counter()
    found = detect(table, rules, branches)
    took = time.perf_counter() - started
    return {
        "wall_s": took,
        "processor_s": processor_s(os.getpid()) - before,
        "rules": len(found),
        "found": sum(found.values()),
    }


def measured(size):
    """Fill a city of this size and ask both."""
    features = publish(Ground(size))
    ours = detected()
    return {"size": size, "features": features, "ours": ours, "peer": asked_of_geopandas()}


def goals(told):
    """The goals of one size."""
    ours, peer, size = told["ours"], told["peer"], told["size"]
    ratio = peer["processor_s"] / ours["processor_s"]
    yield {
        "name": f"full detection, {ours['rules']} rules, {size:,} buildings, stored [s]",
        "ours": round(ours["wall_s"], 2),
        "processor": round(ours["processor_s"], 2),
        "findings": ours["findings"],
        "peak memory of worker and session [MB]": [ours["own_mb"], ours["server_mb"]],
        "peer": None,
        "ratio": None,
        "goal": f"<= {GOAL_S:.0f} s at {GOAL_AT:,}",
        "met": ours["wall_s"] <= GOAL_S,
    }
    yield {
        "name": f"all rules against {peer['rules']} of them in geopandas, {size:,} buildings"
        " [s of processor]",
        "ours": round(ours["processor_s"], 2),
        "peer": round(peer["processor_s"], 2),
        "ratio": round(ratio, 2),
        "goal": f">= {TIMES_FASTER:.0f} times faster",
        "met": ratio >= TIMES_FASTER,
    }


def growth(small, large):
    """At most as much longer as there are more features and pairs."""
    work = [told["features"] + told["ours"]["findings"] for told in (small, large)]
    took = [told["ours"]["processor_s"] for told in (small, large)]
    return {
        "name": f"growth from {small['size']:,} to {large['size']:,} buildings, times",
        "ours": round(took[1] / took[0], 2),
        "peer": None,
        "ratio": None,
        "goal": f"<= {work[1] / work[0]:.2f}, as features and pairs",
        "met": took[1] / took[0] <= work[1] / work[0],
    }


def main():
    told, found = [], []
    for size in SIZES:
        with (
            tempfile.TemporaryDirectory() as folder,
            new_city(PROJECT_SRID, f"bench_detection_{size}", Path(folder)) as city,
        ):
            from django.db import connections

            os.environ.update(city.environment, DJANGO_SETTINGS_MODULE="config.settings")
            if told:
                connections["default"].settings_dict["NAME"] = city.environment["KRONG_DB_NAME"]
            else:
                django.setup()
            told.append(measured(size))
            found += goals(told[-1])
            if len(told) > 1:
                found.append(growth(*told[-2:]))
            sys.stderr.write(json.dumps(found[-3:], indent=1) + "\n")
            connections.close_all()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
