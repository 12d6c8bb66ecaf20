"""The table of a large layer: which indexes it has, when they are made, and what they serve."""

import threading

import pytest
from django.db import OperationalError, connection

from layers.copying import copy_row, joined
from layers.loading import MOST_WAITING, loading
from layers.models import Feature
from layers.own_tables import INDEXES, OwnTable
from layers.services import open_layer, publish_features, retire_features
from tests.factories import at, feature, square


@pytest.fixture
def houses(monkeypatch, db):
    """Fill a layer of so many houses, which counts as large, and return its table."""
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 3)

    def fill(slug="houses", count=5, **properties):
        layer = open_layer(slug=slug, geometry_kind="polygon")
        rows = [feature(f"H{n}", square(20 * n, 0, 10), **properties) for n in range(count)]
        publish_features(layer=layer, features=rows)
        layer.refresh_from_db()
        return layer, OwnTable(layer.pk).name

    return fill


def asked(query, *parameters):
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()


def indexes_of(table):
    found = asked("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s", table)
    return {name.removeprefix(f"{table}_"): definition for name, definition in found}


def plan_of(query, *parameters):
    """How the database would answer if reading a whole table were no choice."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {query}", parameters)
        return " ".join(row[0] for row in cursor.fetchall())


def test_every_index_is_made_under_its_own_name_but_attributes_without_labels(houses):
    _, plain = houses(storeys=2)
    _, named = houses("parcels", parcel_no="K-1")
    assert set(indexes_of(plain)) == set(INDEXES) - {"attributes"}
    assert set(indexes_of(named)) == set(INDEXES)


def test_all_of_them_are_valid_and_ready(houses):
    _, table = houses(parcel_no="K-1")
    states = asked(
        "SELECT indisvalid AND indisready AND indislive FROM pg_index"
        " WHERE indrelid = %s::regclass",
        table,
    )
    assert states == [(True,)] * len(INDEXES)


def test_labels_that_only_late_rows_carry_are_indexed_as_well(houses):
    """The first 10,000 rows say nothing of them: the finished index of words does."""
    layer = open_layer(slug="late", geometry_kind="point")
    rows = [feature(f"L{n}", at(n % 100, n // 100)) for n in range(10_050)]
    rows[-1] = feature("last", at(0, 200), parcel_no="K-77")
    publish_features(layer=layer, features=rows)
    assert "attributes" in indexes_of(OwnTable(layer.pk).name)


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("retired_in IS NULL AND stable_id = 'H3'", "current_once"),
        ("retired_in IS NULL AND lower(stable_id) LIKE 'h3%%'", "current_beginning"),
        ("retired_in IS NOT NULL AND ST_Intersects(geometry, ST_MakeEnvelope(0,0,1,1,32648))",
         "past_geometry"),
        ("introduced_in = 2", "introduced"),
    ],
)  # fmt: skip
def test_an_index_serves_the_question_it_was_made_for(houses, condition, index):
    layer, table = houses()
    retire_features(layer=layer, stable_ids=["H1"])
    assert f"{table}_{index}" in plan_of(f"SELECT id FROM {table} WHERE {condition}")


def test_indexes_made_before_the_rows_know_what_is_retired_and_added_later(houses):
    layer, table = houses()
    retire_features(layer=layer, stable_ids=["H1", "H2"])
    publish_features(layer=layer, features=[feature("N", at(0, 0))], replaces_all=False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    retired = asked(f"SELECT stable_id FROM {table} WHERE retired_in = 2 ORDER BY 1")
    assert retired == [("H1",), ("H2",)]
    assert asked(f"SELECT stable_id FROM {table} WHERE introduced_in = 3") == [("N",)]


def test_the_planner_knows_the_rows_but_keeps_no_texts_of_them(houses):
    _, table = houses(count=40, parcel_no="K-1")
    [(rows,)] = asked("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", table)
    counted = {name for (name,) in asked("SELECT attname FROM pg_stats WHERE tablename=%s", table)}
    texts = asked("SELECT 1 FROM pg_stats WHERE tablename = %s", f"{table}_words")
    assert rows == 40
    assert {"stable_id", "geometry", "properties"} <= counted
    assert texts == []


def test_a_number_without_statistics_is_still_found_by_the_index_of_words(houses):
    _, table = houses(count=40, parcel_no="K-1")
    found = plan_of(
        f"SELECT id FROM {table} WHERE retired_in IS NULL AND properties ?| krong_label_keys()"
        " AND krong_search_text(stable_id, properties) LIKE %s",
        "%k-1%",
    )
    assert f"{table}_words" in found


@pytest.mark.django_db(transaction=True)
class TestLoader:
    def test_a_slow_statement_holds_up_none_that_come_after_it(self):
        """Six quick ones are done while the slow one still waits for a lock."""
        gate = "SELECT pg_advisory_lock(4711), pg_advisory_unlock(4711)"
        with connection.cursor() as cursor, loading(undo="SELECT 1") as loader:
            cursor.execute("CREATE TABLE quick (n int)")
            try:
                cursor.execute("SELECT pg_advisory_lock(4711)")
                loader.run(gate)
                for n in range(MOST_WAITING + 2):
                    loader.run(f"INSERT INTO quick VALUES ({n})")
                _until(lambda: asked("SELECT count(*) FROM quick") == [(MOST_WAITING + 2,)])
            finally:
                cursor.execute("SELECT pg_advisory_unlock(4711)")
                loader.wait()
                cursor.execute("DROP TABLE quick")

    def test_batches_wait_for_those_before_them_so_that_memory_stays_flat(self):
        row = copy_row("H", None, "existing", b"", "{}")
        taken = []

        def feed(loader):
            for n in range(MOST_WAITING + 3):
                loader.run("COPY nowhere FROM STDIN (FORMAT binary)", joined([row]))
                taken.append(n)

        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE nowhere (a text, b int8, c text, d bytea, e jsonb)")
            cursor.execute("BEGIN; LOCK TABLE nowhere")
            with loading(undo="SELECT 1") as loader:
                feeding = threading.Thread(target=feed, args=(loader,))
                feeding.start()
                _until(lambda: len(taken) == MOST_WAITING)
                feeding.join(0.3)
                assert len(taken) == MOST_WAITING
                cursor.execute("COMMIT")
                feeding.join()
                loader.wait()
            assert len(taken) == MOST_WAITING + 3
            assert asked("SELECT count(*) FROM nowhere") == [(MOST_WAITING + 3,)]
            cursor.execute("DROP TABLE nowhere")

    def test_the_error_of_a_statement_is_told_at_the_end_of_waiting(self):
        full = "DO $$ BEGIN RAISE EXCEPTION 'no more' USING ERRCODE = '53100'; END $$"
        with loading(undo="SELECT 1") as loader:
            loader.run(full)
            with pytest.raises(OperationalError, match="no more"):
                loader.wait()


def _until(is_so):
    for _ in range(200):
        if is_so():
            return
        threading.Event().wait(0.05)
    raise AssertionError("it never came to that")


def test_no_feature_is_lost_between_the_tables(houses):
    houses("first")
    houses("second", count=2)
    houses("third", parcel_no="K-1")
    assert Feature.objects.filter(retired_in=None).count() == 12
