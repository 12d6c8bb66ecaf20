"""A large layer is indexed by the attributes it is filtered by, once somebody filters by them."""

import json

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.models import Run
from layers.ogc import attribute_indexes, items
from layers.ogc.attribute_indexes import build, index_name, standing_indexes
from layers.ogc.tasks import make_attribute_index
from layers.services import publish_features
from layers.vocab import RunState
from tests.factories import at, feature, filled_layer
from tests.standards.ground import Reader, text_of

HOUSES = 400
ITEMS = "collections/houses/items"


@pytest.fixture
def layer(transactional_db, monkeypatch):
    """400 houses in a table of their own: owner-0 … owner-99 four times, built 1900 … 1999."""
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 3)
    monkeypatch.setattr(attribute_indexes, "LARGE", 100)
    return filled_layer("houses", *(
        feature(f"H-{n:03}", at(n % 20 * 5, n // 20 * 5), owner=f"owner-{n % 100}",
                built=1900 + n % 100, registered=f"20{n % 25:02}-0{n % 9 + 1}-11")
        for n in range(HOUSES)
    ))  # fmt: skip


def asked_for():
    runs = Run.objects.filter(kind=attribute_indexes.RUN_KIND)
    return sorted((run.parameters["attribute"], run.parameters["kind"]) for run in runs)


def plan_of(text):
    """How PostgreSQL would answer a filter if looking at every row were dear."""
    from django.test import RequestFactory
    from psycopg2 import sql

    from layers.ogc.collections import version_shown
    from layers.ogc.endpoint import JSON
    from layers.ogc.pages import asked_page
    from layers.sql_files import load_sql

    request = RequestFactory().get("/", {"filter": text})
    request.asked_format = JSON
    from django.contrib.auth.models import AnonymousUser

    page = asked_page(request, version_shown(AnonymousUser(), "houses"))
    query = sql.SQL(load_sql(items.__file__, "items.sql")).format(
        shape=items.shape_in(page.crs), condition=page.condition
    )
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(sql.SQL("EXPLAIN ") + query, items._parameters(page))
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    return plan


def test_the_first_filter_asks_for_an_index_and_the_next_ones_do_not_ask_again(layer):
    reader = Reader()

    for _time in range(3):
        assert len(reader.ids("houses", filter="owner = 'owner-7'")) == 4
    reader.ids("houses", owner="owner-9")
    reader.ids("houses", filter="built BETWEEN 1900 AND 1950 OR registered > DATE('2020-01-01')")

    assert asked_for() == [("built", "number"), ("owner", "text"), ("registered", "date")]


@pytest.mark.parametrize("text", [
    "land_use = 'R1'", "stable_id = 'H-001'", "owner <> 'owner-7'", "owner IS NULL",
    "CASEI(owner) = CASEI('OWNER-7')", "owner LIKE '%7'", "built = built",
])  # fmt: skip
def test_what_no_index_of_an_attribute_serves_asks_for_none(layer, text):
    Reader().ids("houses", filter=text)

    assert asked_for() == []


def test_a_small_layer_and_one_in_the_common_table_ask_for_none(layer, monkeypatch):
    monkeypatch.setattr("layers.storing.OWN_TABLE_FROM_ROWS", 1_000)
    filled_layer("sheds", *(feature(f"S-{n}", at(n, 0), owner="x") for n in range(120)))
    filled_layer("few", feature("F", at(0, 0), owner="x"))

    for slug in ("sheds", "few"):
        Reader().ids(slug, filter="owner = 'x'")

    assert asked_for() == []


def test_no_layer_gets_more_indexes_than_it_may(layer, monkeypatch):
    monkeypatch.setattr(attribute_indexes, "MOST", 1)
    build(layer, "owner", "text")

    Reader().ids("houses", filter="built = 1950")

    assert asked_for() == []
    assert len(standing_indexes(layer.pk)) == 1


def test_an_index_that_failed_three_times_is_not_asked_for_again(layer):
    about = {"layer": "houses", "attribute": "owner", "kind": "text"}
    for _time in range(3):
        Run.objects.create(kind="attribute-index", state=RunState.FAILED, parameters=about)

    Reader().ids("houses", filter="owner = 'owner-7'")

    assert Run.objects.count() == 3


def test_the_worker_builds_what_was_asked_for_and_the_filter_uses_it(layer):
    name = index_name(layer.pk, "owner", "text")
    Reader().ids("houses", filter="owner = 'owner-7'")
    assert name not in plan_of("owner = 'owner-7'")

    assert make_attribute_index.call(Run.objects.get().pk) == RunState.SUCCEEDED

    assert standing_indexes(layer.pk) == {name}
    for text in ("owner = 'owner-7'", "owner IN ('owner-7', 'owner-8')", "owner LIKE 'owner-7%'",
                 "owner > 'owner-98'", "owner BETWEEN 'owner-7' AND 'owner-71'"):  # fmt: skip
        assert name in plan_of(text), text


def test_numbers_and_days_are_found_by_their_indexes_too(layer):
    build(layer, "built", "number")
    build(layer, "registered", "date")

    assert index_name(layer.pk, "built", "number") in plan_of("built BETWEEN 1990 AND 1991")
    assert index_name(layer.pk, "registered", "date") in plan_of(
        "T_AFTER(registered, DATE('2024-01-01'))"
    )


def test_building_again_changes_nothing_and_what_a_killed_build_left_is_made_anew(layer):
    build(layer, "owner", "text")
    name = index_name(layer.pk, "owner", "text")

    def number():
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::regclass::oid::bigint", [name])
            return cursor.fetchone()[0]

    before = number()
    build(layer, "owner", "text")
    assert number() == before
    with connection.cursor() as cursor:  # as PostgreSQL marks an index whose build broke off
        cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = %s", [before])
    assert standing_indexes(layer.pk) == set()

    build(layer, "owner", "text")

    assert standing_indexes(layer.pk) == {name}
    assert number() != before


def test_an_index_refuses_no_text_and_no_number_for_its_length(layer):
    build(layer, "owner", "text")
    build(layer, "built", "number")
    # texts that do not shrink when they are packed: each sign another
    long = "".join(chr(0x4E00 + n) for n in range(9_000))
    huge = int("123456789" * 440)

    publish_features(
        layer=layer,
        features=[feature("LONG", at(1, 1), owner=long, built=huge)],
        replaces_all=False,
    )

    assert "LONG" in Reader().ids("houses", filter="stable_id = 'LONG'")
    assert Reader().ids("houses", filter=f"owner LIKE '{long[:300]}%'") == ["LONG"]
    assert Reader().ids("houses", filter=f"owner = '{long[:200]}'") == []


WORDS = st.sampled_from(["owner-7", "owner-70", "owner-", "owner-99", "", "zz", "a"])
NUMBERS = st.one_of(st.integers(1890, 2010), st.sampled_from([1900.5, -1, 0]))
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


@settings(max_examples=60, deadline=None,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.data())
def test_with_or_without_indexes_a_filter_selects_the_same(layer, data):
    name, values = data.draw(st.sampled_from([("owner", WORDS), ("built", NUMBERS)]))
    one = {"op": data.draw(SIGNS), "args": [{"property": name}, data.draw(values)]}
    other = {"op": "like", "args": [{"property": "owner"}, data.draw(WORDS) + "%"]}
    joint = data.draw(st.sampled_from(["and", "or"]))
    tree = {"op": joint, "args": [one, {"op": "not", "args": [other]}]}
    asked = {"filter": json.dumps(tree), "filter_lang": "cql2-json"}
    with connection.cursor() as cursor:
        for index in standing_indexes(layer.pk):
            cursor.execute(f'DROP INDEX "{index}"')
    without = Reader().ids("houses", **asked)

    build(layer, "owner", "text")
    build(layer, "built", "number")
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
    with_indexes = Reader().ids("houses", **asked)
    with connection.cursor() as cursor:
        cursor.execute("RESET enable_seqscan")

    assert with_indexes == without


def test_a_question_that_takes_too_long_is_ended_with_a_sentence(layer, monkeypatch):
    monkeypatch.setattr(items, "LONGEST_PORTION_MS", 1)
    slow = " OR ".join(f"CASEI(owner) LIKE CASEI('%{n}%x')" for n in range(100))

    answer = Reader().ask(ITEMS, status=503, filter=slow)

    told = json.loads(text_of(answer))
    assert told["what"] == "The question took too long and was ended."
    assert "smaller box" in told["remedy"]
    assert answer["Retry-After"] == "60"
    monkeypatch.undo()
    assert len(Reader().ids("houses", filter="built = 1950")) == 4
