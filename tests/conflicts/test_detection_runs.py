"""A detection happens as a whole or not at all, one at a time, and asks the index."""

import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from django.conf import settings
from django.db import connection, connections
from shapely.geometry import Point, box

from conflicts.asking import question_of
from conflicts.detection import Detector
from conflicts.kinds import KINDS, object_selector
from conflicts.models import DetectionRun, Finding, Observation, RuleOutcome
from conflicts.rule_schema import rule_from_data
from conflicts.services import detect_conflicts
from layers.errors import RunCancelledError
from layers.models import Run
from layers.services import NewFeature
from layers.sql_files import load_sql
from tests.conflicts.ground import find, put, rule_data, rulebook, surveyed_layer
from tests.factories import EAST, NORTH, feature, filled_layer, square
from tests.other_process import on_test_database


def city():
    return surveyed_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(200, 0, 50), "school"),
    )


def everything():
    """What a reader could see of findings and detections."""
    return (
        list(Finding.objects.order_by("pk").values_list("pk", "state", "note", "last_seen")),
        Observation.objects.count(),
        RuleOutcome.objects.count(),
        DetectionRun.objects.count(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_detection_leaves_everything_as_it_was():
    layer = city()
    find(rule_data())
    before = everything()
    put(layer, feature("L", square(0, 0, 100), "landfill"))
    book = rulebook(rule_data(code="A-01"), rule_data(code="B-01"))

    with pytest.raises(RunCancelledError, match="cancelled"):
        detect_conflicts(rulebook=book, on_progress=from_another_connection)

    assert everything() == before
    assert Run.objects.first().state == "cancelled"


def from_another_connection(_share, message):
    """Ask the run to stop as another process would, at its first rule."""
    if not message.startswith("A-01"):
        return
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("UPDATE layers_run SET cancel_requested_at = now() WHERE state = 'running'")
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_broken_rule_stops_the_whole_detection_and_says_so():
    city()
    find(rule_data())
    before = everything()
    book = rulebook(rule_data(code="A-01"), rule_data(code="B-01"))
    broken = book.rules.get(code="B-01")
    broken.definition["subject"]["classes"] = ["class-that-was-deleted"]
    broken.save()

    with pytest.raises(Exception, match="class-that-was-deleted"):
        detect_conflicts(rulebook=book)

    assert everything() == before
    run = Run.objects.first()
    assert run.state == "failed"
    assert "class-that-was-deleted" in run.message


KILLED = """
import django
django.setup()
from conflicts.models import RuleBook
from conflicts.services import detect_conflicts
def stop_at_the_merge(share, message):
    if share >= 0.95:
        print("merging", flush=True)
        import time
        time.sleep(60)
detect_conflicts(rulebook=RuleBook.objects.order_by("-pk").first(), on_progress=stop_at_the_merge)
"""


@pytest.mark.django_db(transaction=True)
def test_a_killed_detection_leaves_the_old_findings():
    layer = city()
    find(rule_data())
    before = everything()
    put(layer, feature("L", square(0, 0, 100), "landfill"))
    rulebook(rule_data())
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED],
        env=on_test_database(DJANGO_SETTINGS_MODULE="config.settings"),
        cwd=settings.BASE_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "merging\n"

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert everything() == before
    deadline = time.monotonic() + 20  # the server notices the dead client, then lets go
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )
            if cursor.fetchone()[0] == 0:
                break
        time.sleep(0.1)
    assert find(rule_data())[0].state == "resolved"


@pytest.mark.django_db
def test_a_detection_reports_each_rule_and_never_goes_back():
    city()
    heard = []

    detect_conflicts(
        rulebook=rulebook(rule_data(code="A-01"), rule_data(code="B-01")),
        on_progress=lambda share, message: heard.append((share, message)),
    )

    assert [message.split()[0] for _, message in heard] == ["A-01", "B-01", "Comparing"]
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[-1] < 1


@pytest.mark.django_db
def test_the_same_data_and_rules_give_the_same_findings_twice():
    city()
    find(rule_data())
    first = list(Observation.objects.values_list("measured_value", "margin", "severity", "witness"))

    find(rule_data())

    second = Observation.objects.order_by("pk")[len(first) :]
    assert first == list(second.values_list("measured_value", "margin", "severity", "witness"))


@pytest.mark.django_db
def test_every_kind_has_its_file_its_dataclass_and_its_binding():
    for name, kind in KINDS.items():
        rule = rule_from_data(rule_data(kind=name))
        assert isinstance(rule, kind.rule)
        assert rule.kind == name
        sql = load_sql(detect_conflicts.__globals__["__file__"], kind.sql)
        for parameter in kind.bind(rule):
            assert f"%({parameter})s" in sql
        assert "ORDER BY" in sql


def many_places(count, seed=11):
    """Houses, schools and landfills spread over 16 x 16 km."""
    rng = np.random.default_rng(seed)
    corners = rng.uniform(0, 16_000, (count, 2)) + np.array([EAST, NORTH])
    sizes = rng.uniform(5, 30, (count, 2))
    for n, ((x, y), (width, height)) in enumerate(zip(corners, sizes, strict=True)):
        use = "landfill" if n % 2000 == 0 else ("school" if n % 100 == 1 else "residential")
        shape = Point(x, y) if n % 3 == 0 else box(x, y, x + width, y + height)
        yield NewFeature(stable_id=f"F{n}", geometry=shape, land_use=use)


@pytest.mark.django_db
def test_separation_asks_the_spatial_index_even_among_50_000_places():
    filled_layer("places", *many_places(50_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_feature")
    rule = rule_from_data(rule_data(object={"classes": ["residential"]}, min_distance_m=100))
    rulebook(rule_data(object={"classes": ["residential"]}))
    detector = Detector.open()
    subject, objects = detector.select(rule.subject), detector.select(object_selector(rule))
    assert (subject.sure, objects.sure) == (25, 49_475)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conflict_selection")
        cursor.execute(
            "EXPLAIN " + load_sql(detect_conflicts.__globals__["__file__"], "separation.sql"),
            question_of(rule, subject, objects, None),
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    # 50,000 places lie in a table of their own; the common table may hold others
    assert re.search(r"Index Scan (using|on) layers_feature_\d+_current_geometry", plan)
    assert re.search(r"Index Cond: \(geometry && st_expand\(", plan)
    assert not re.search(r"Seq Scan on layers_feature_\d+", plan)
    started = time.monotonic()
    detector.ask(rule)
    assert time.monotonic() - started < 2
