"""A large load that is killed, or meets others at work: the old state or the new, never half."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psycopg2
import pytest
from django.conf import settings
from django.db import connection

from layers import own_tables
from layers.errors import UserFacingError
from layers.models import Feature, Layer, LayerVersion
from layers.own_tables import layers_with_own_table
from layers.services import open_layer, publish_features
from tests.factories import feature, filled_layer, square

pytestmark = pytest.mark.django_db(transaction=True)

# Stops where it is told to, says so, and waits to be killed.
LOAD = """
import sys, time, django
django.setup()
from layers import own_tables, services, storing
from tests.factories import feature, square
storing.OWN_TABLE_FROM_ROWS = 10
services.ENCODED_AT_ONCE = 10

def stop(*_arguments):
    print("here", flush=True)
    time.sleep(600)

def houses():
    for n in range(60):
        if n == 45 and sys.argv[1] == "loading":
            stop()
        yield feature(f"H{n}", square(20 * n, 0, 10))

if sys.argv[1] == "attached":
    services.publish_number = stop
if sys.argv[1] == "indexed":
    own_tables._hold_common_table = stop
services.publish_features(layer=services.open_layer(slug="houses", geometry_kind="polygon"),
                          features=houses())
"""


def houses(count):
    return [feature(f"H{n}", square(20 * n, 0, 10)) for n in range(count)]


@pytest.fixture(autouse=True)
def _ten_rows_are_many(monkeypatch):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 10)


@pytest.fixture
def layer():
    filled_layer("sheds", feature("S", square(0, 50, 10)))
    return open_layer(slug="houses", geometry_kind="polygon")


@contextmanager
def stopped(place):
    """A process that loads 60 houses and waits at that place."""
    environment = os.environ | {
        "KRONG_DB_NAME": connection.settings_dict["NAME"],
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": str(settings.BASE_DIR),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD, place], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "here\n"
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def leftovers():
    return [number for number, is_attached in own_tables._own_tables() if not is_attached]


def assert_old_state(layer):
    layer.refresh_from_db()
    assert layer.published_number is None
    assert set(Feature.objects.values_list("stable_id", flat=True)) == {"S"}
    assert LayerVersion.objects.filter(layer=layer).count() == 0
    assert layer.pk not in layers_with_own_table()


def wait_until_its_sessions_are_gone():
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE classid = %s", [own_tables.LOCK_FAMILY]
            )
            if cursor.fetchone()[0] == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the killed load still holds its lock")


@pytest.mark.parametrize("place", ["loading", "indexed", "attached"])
def test_kill_9_leaves_the_old_state_and_the_next_load_cleans_up(layer, place):
    with stopped(place) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until_its_sessions_are_gone()

    assert_old_state(layer)
    assert layer.pk in leftovers()  # belongs to nothing
    other = open_layer(slug="barns", geometry_kind="polygon")
    publish_features(layer=other, features=houses(12))
    assert leftovers() == []
    assert publish_features(layer=layer, features=houses(60)).added == 60
    assert {layer.pk, other.pk} <= layers_with_own_table()


@pytest.mark.parametrize("place", ["loading", "indexed"])
def test_readers_and_small_edits_go_on_beside_a_large_load(layer, place):
    with stopped(place):
        assert_old_state(layer)
        sheds = Layer.objects.get(slug="sheds")
        added = publish_features(
            layer=sheds, features=[feature("T", square(0, 90, 10))], replaces_all=False
        )
        assert added.version.feature_count == 2


def test_another_large_load_leaves_the_table_of_one_at_work_alone(layer):
    with stopped("loading"):
        another = open_layer(slug="barns", geometry_kind="polygon")
        assert publish_features(layer=another, features=houses(12)).added == 12
        assert layer.pk in leftovers()


@contextmanager
def reading():
    """Somebody in the middle of a long transaction that reads features."""
    reader = psycopg2.connect(**connection.get_connection_params())
    with reader.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM layers_feature")
    yield reader
    reader.close()


def test_a_load_waits_for_a_long_reader_without_making_others_wait(layer, monkeypatch):
    monkeypatch.setattr(own_tables, "PAUSE_S", 0.2)
    slowest = []

    def look():
        session = psycopg2.connect(**connection.get_connection_params())
        session.autocommit = True
        with session.cursor() as cursor:
            while not done.is_set():
                started = time.monotonic()
                cursor.execute("SELECT count(*) FROM layers_feature")
                slowest.append(time.monotonic() - started)
                time.sleep(0.02)
        session.close()

    done = threading.Event()
    looking = threading.Thread(target=look, daemon=True)
    with reading() as reader:
        threading.Timer(3.0, reader.rollback).start()
        looking.start()
        started = time.monotonic()
        publish_features(layer=layer, features=houses(30))
        waited = time.monotonic() - started
        done.set()
        looking.join(10)
    assert waited > 1.5
    assert max(slowest) < 1.5  # LONGEST_QUEUE_MS, on a busy machine
    assert Feature.objects.count() == 31


def test_a_load_gives_up_with_a_sentence_when_the_table_is_never_free(layer, monkeypatch):
    monkeypatch.setattr(own_tables, "PAUSE_S", 0.1)
    monkeypatch.setattr(own_tables, "LONGEST_WAIT_S", 0.5)
    with reading():
        with pytest.raises(UserFacingError, match="in use without a pause"):
            publish_features(layer=layer, features=houses(30))
        assert_old_state(layer)
