"""A page that asks too much of the database is stopped and says so; what stores is not stopped."""

import pytest
from django.db import connection
from django.http import JsonResponse
from django.urls import path

from config import statement_limit

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

LIMIT_S = 0.2
STOPPED_EN = "The answer took the database too long, so it was stopped."
STOPPED_KM = "មូលដ្ឋានទិន្នន័យត្រូវការពេលយូរពេកដើម្បីឆ្លើយ ដូច្នេះការស្វែងរកត្រូវបានបញ្ឈប់។"


def sleeping(request):
    """Let the database sleep as long as asked for [s], then tell the limit it works under."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [float(request.GET["seconds"])])
    return JsonResponse({"limit": limit_of_session()})


def idle(_request):
    return JsonResponse({})


urlpatterns = [path("sleep/", sleeping), path("idle/", idle)]


def limit_of_session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return cursor.fetchone()[0]


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(statement_limit, "LONGEST_READING_S", LIMIT_S)


@pytest.mark.parametrize(("lang", "sentence"), [("en", STOPPED_EN), ("km", STOPPED_KM)])
def test_a_page_that_takes_the_database_too_long_is_a_503_in_words(
    client, impatient, lang, sentence
):
    answer = client.get(f"/sleep/?seconds=5&lang={lang}")

    assert answer.status_code == 503
    assert sentence in answer.content.decode()
    assert answer["Retry-After"]


@pytest.mark.parametrize(("lang", "sentence"), [("en", STOPPED_EN), ("km", STOPPED_KM)])
def test_a_program_is_told_the_same_as_json(client, impatient, lang, sentence):
    headers = {"accept": "application/json"}
    answer = client.get(f"/sleep/?seconds=5&lang={lang}", headers=headers)

    assert answer.status_code == 503
    assert answer.json()["error"]["what"] == sentence
    assert answer.json()["error"]["remedy"]


def test_a_head_request_is_stopped_as_well(client, impatient):
    assert client.head("/sleep/?seconds=5").status_code == 503


def test_what_is_quick_enough_is_answered(client, impatient):
    assert client.get("/sleep/?seconds=0").json() == {"limit": "200ms"}


def test_the_limit_of_a_city_is_two_minutes(client):
    assert client.get("/sleep/?seconds=0").json() == {"limit": "2min"}


def test_what_stores_is_never_stopped_also_on_a_session_that_served_a_page(client, impatient):
    client.get("/sleep/?seconds=0")

    answer = client.post(f"/sleep/?seconds={2 * LIMIT_S}")

    assert answer.status_code == 200
    assert answer.json() == {"limit": "0"}


def test_commands_and_the_worker_have_no_limit():
    session = connection.copy()  # a new one: that of the tests may have served a page before
    try:
        with session.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            assert cursor.fetchone() == ("0",)
    finally:
        session.close()


def test_an_answer_that_needs_no_database_does_not_ask_it(client, monkeypatch):
    def asked(_limit, _session):
        raise AssertionError

    monkeypatch.setattr(statement_limit._Limit, "_set", asked)
    assert client.get("/idle/").status_code == 200


def test_rows_read_through_a_named_cursor_are_limited_too(client, impatient):
    """The first statement of an export declares a cursor, inside which nothing can be set."""
    limit = statement_limit._Limit(LIMIT_S)
    with connection.execute_wrapper(limit), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT generate_series(1, 3)")
        assert [row[0] for row in cursor] == [1, 2, 3]
    assert limit_of_session() == "200ms"


def helpers_of_session():
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_parallel_workers_per_gather")
        return cursor.fetchone()[0]


def test_a_statement_of_a_page_calls_no_other_process_to_help_one_that_stores_may(client):
    with connection.cursor() as cursor:
        cursor.execute("RESET max_parallel_workers_per_gather")
    usual = helpers_of_session()
    client.get("/sleep/?seconds=0")
    assert helpers_of_session() == "0"
    client.post("/sleep/?seconds=0")
    assert helpers_of_session() == usual
