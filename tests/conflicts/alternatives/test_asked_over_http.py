"""What-if over HTTP: what programs and files are answered, and what they are refused."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils.translation import override
from shapely.geometry import mapping

from conflicts.alternatives import limits, reading
from conflicts.alternatives.limits import AT_ONCE, BusyError, held_place
from conflicts.models import RuleBook
from layers.crs import to_wgs84
from layers.models import Feature, Layer
from tests.conflicts.ground import rule_data, rulebook, surveyed_layer
from tests.factories import at, feature, filled_layer, line, outline, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    """A school, and one rule in force: landfills keep 200 m away."""
    book = rulebook(rule_data(min_distance_m=200))
    RuleBook.objects.filter(pk=book.pk).update(status="ratified", ratified_at="2026-01-01T00:00Z")
    filled_layer("sangkat", feature("SK", square(-5000, -5000, 10_000)), theme="base-boundaries")
    return surveyed_layer(
        "facilities",
        feature("S", at(0, 0), "school", name_en="First school"),
        feature("L", at(100, 0), "landfill"),
    )


def geojson(shape):
    return mapping(to_wgs84(shape))


def drawn(shape=None, **said):
    shape = at(50, 0) if shape is None else shape
    return {"layer": "facilities", "geometry": geojson(shape), "land_use": "landfill"} | said


def ask(client, *alternatives, body=None, **address):
    body = {"alternatives": list(alternatives)} if body is None else body
    return client.post(
        reverse("what-if") + ("?page=1" if address else ""), json.dumps(body), "application/json"
    )


def test_a_program_is_told_what_one_drawn_shape_would_bring(client, city):
    answer = ask(client, {"changes": [drawn()]}).json()

    [alternative] = answer["alternatives"]
    [found] = alternative["findings"]
    assert answer["rulebooks"] == ["test-book v1"]
    assert alternative["name"] == "A"
    assert alternative["counts"]["appears"] == {"high": 1, "all": 1}
    assert (found["effect"], found["rule"], found["unit"]) == ("appears", "T-01", "m")
    assert found["measured"] == pytest.approx(50, abs=1e-3)
    assert (found["asked"], found["basis"], found["may_block"]) == (200, "demo_value", False)
    assert found["subject"]["id"] == "what-if-1"
    assert found["object"]["name"]["en"] == "First school (school)"
    assert found["provision"]["citation"] == "Value chosen for the test"
    assert len(found["evidence"]["coordinates"]) == 2


def test_alternatives_are_answered_in_their_order_with_what_they_differ_in(client, city):
    answer = ask(
        client, {"name": "Near", "changes": [drawn()]},
        {"name": "Far", "changes": [drawn(at(800, 0))]},
    ).json()  # fmt: skip

    assert [each["name"] for each in answer["alternatives"]] == ["Near", "Far"]
    assert [each["found"] for each in answer["alternatives"]] == [1, 0]
    assert answer["differ_by"] == [{"rule": "T-01", "numbers": [1, 0]}]


def test_a_moved_feature_keeps_class_and_lifecycle_as_it_stands(client, city):
    moved = {"layer": "facilities", "id": "L", "geometry": geojson(at(60, 0))}

    [found] = ask(client, {"changes": [moved]}).json()["alternatives"][0]["findings"]

    assert (found["effect"], found["subject"]["id"]) == ("worse", "L")
    assert found["before"]["measured"] == pytest.approx(100)


def test_a_removed_feature_needs_its_name_alone(client, city):
    gone = {"layer": "facilities", "id": "L", "removed": True}

    [found] = ask(client, {"changes": [gone]}).json()["alternatives"][0]["findings"]

    assert found["effect"] == "goes"


def test_a_geojson_file_is_one_alternative_and_says_classes_among_its_attributes(client, city):
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": geojson(at(50, 0)),
             "properties": {"land_use": "landfill"}},
        ],
    }  # fmt: skip

    [alternative] = ask(client, body=collection).json()["alternatives"]

    assert alternative["found"] == 1
    assert not Layer.objects.filter(slug="proposals").exists()


BOW_TIE = outline((0, 0), (100, 100), (100, 0), (0, 100))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (drawn(BOW_TIE), "crosses itself"),
        (drawn(at(40_000, 0)), "outside the city"),
        (drawn(land_use="castle"), "no land-use class 'castle'"),
        (drawn(lifecycle="dreamt"), "'dreamt' is no lifecycle"),
        (drawn(layer="nowhere"), "no layer 'nowhere'"),
        (drawn(layer=7), "'layer' is no text"),
        (drawn(geometry=None), "Send a point, a line or an area"),
        (drawn(id="x" * 81), "up to 80 letters"),
        (drawn(id=["L"]), "up to 80 letters"),
        (drawn(properties={"": 1}), "Attributes are named values"),
        ("no object", "not a JSON object"),
    ],
)
def test_what_cannot_stand_is_refused_with_its_place_and_what_to_do(client, city, given, message):
    client.cookies["django_language"] = "en"
    answer = client.post(
        reverse("what-if") + "?lang=en",
        json.dumps({"alternatives": [{"name": "North", "changes": [drawn(at(900, 0)), given]}]}),
        "application/json",
    )

    error = answer.json()["error"]
    assert answer.status_code == 422
    assert message in error["what"]
    assert "Alternative North, feature 2" in error["what"]
    assert error["remedy"]
    assert error["problems"][0]["feature"] == 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "not a JSON object"),
        ({"alternatives": []}, "1 to 5 alternatives"),
        ({"alternatives": [{"changes": [1]}] * 6}, "1 to 5 alternatives"),
        ({"alternatives": [{"changes": []}]}, "holds no feature"),
        ({"alternatives": [{"changes": [drawn()] * 51}]}, "51 features; 50 can"),
        ({"type": "FeatureCollection", "features": "many"}, "holds no feature"),
        ({"alternatives": [{"changes": [drawn()]}], "listed": 501}, "no number up to 500"),
        ({"alternatives": [{"changes": [drawn()]}], "listed": True}, "no number up to 500"),
    ],
)
def test_what_is_no_question_is_refused_before_anything_is_asked(client, city, body, message):
    answer = client.post(reverse("what-if") + "?lang=en", json.dumps(body), "application/json")

    assert answer.status_code == 400
    assert message in answer.json()["error"]["what"]


def test_one_feature_cannot_be_changed_twice(client, city):
    twice = [{"layer": "facilities", "id": "L", "removed": True}] * 2
    answer = client.post(
        reverse("what-if") + "?lang=en", json.dumps({"alternatives": [{"changes": twice}]}),
        "application/json",
    )  # fmt: skip

    assert "twice" in answer.json()["error"]["what"]


def test_more_corners_than_can_be_asked_about_are_refused(client, city, monkeypatch):
    monkeypatch.setattr(reading, "MOST_CORNERS", 3)
    answer = client.post(
        reverse("what-if") + "?lang=en",
        json.dumps({"alternatives": [{"changes": [drawn(line((0, 0), (1, 0), (2, 0), (3, 0)))]}]}),
        "application/json",
    )

    assert "4 corners; 3 can be asked" in answer.json()["error"]["what"]


def test_a_huge_request_is_refused_unread(client, city):
    answer = client.post(
        reverse("what-if") + "?lang=en", b" " * (limits.LARGEST_BYTES + 1), "application/json"
    )

    assert answer.status_code == 413
    assert "More than 2 MB" in answer.json()["error"]["what"]


def test_without_a_rule_book_in_force_nothing_is_said_to_be_well(client):
    filled_layer("facilities", feature("S", at(0, 0), "landfill"))
    answer = client.post(
        reverse("what-if") + "?lang=en", json.dumps({"alternatives": [{"changes": [drawn()]}]}),
        "application/json",
    )  # fmt: skip

    assert answer.status_code == 400
    assert "No rule book is in force" in answer.json()["error"]["what"]


def test_who_is_not_signed_in_learns_nothing_of_hidden_layers(client, city):
    surveyed_layer("secret", feature("X", at(60, 0), "school"), visibility="restricted")

    answer = ask(client, {"changes": [drawn()]})

    assert "secret" not in answer.content.decode()
    assert answer.json()["alternatives"][0]["found"] == 1
    hidden = ask(client, {"changes": [{"layer": "secret", "id": "X", "removed": True}]})
    assert hidden.status_code == 422


@pytest.mark.parametrize(
    "said", [{"removed": True}, {"geometry": geojson(at(300, 0)), "land_use": "landfill"}]
)
def test_a_hidden_proposal_answers_as_one_that_does_not_stand(client, city, said):
    """P-1 is a proposal 60 m from the school that only some may see; P-2 never was."""
    surveyed_layer(
        "proposals", feature("P-1", at(60, 0), "landfill", name_en="Secret dump"),
        visibility="restricted",
    )  # fmt: skip

    there, nowhere = (ask(client, {"changes": [{"id": name} | said]}) for name in ("P-1", "P-2"))

    assert there.status_code == nowhere.status_code == (404 if "removed" in said else 200)
    assert there.content.decode().replace("P-1", "P-2") == nowhere.content.decode()
    assert "Secret dump" not in there.content.decode()


def test_no_token_and_no_account_is_needed_and_nothing_is_stored(city):
    before = Feature.objects.count()

    answer = ask(Client(enforce_csrf_checks=True), {"changes": [drawn()]})

    assert answer.status_code == 200
    assert Feature.objects.count() == before


def test_what_takes_too_long_is_ended_with_a_sentence():
    with (
        pytest.raises(BusyError, match="too long"),
        override("en"),
        held_place(0.05),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.django_db(transaction=True)
def test_only_so_many_ask_at_once(monkeypatch):
    monkeypatch.setattr(limits, "LONGEST_WAIT_S", 0.1)
    others = connections.create_connection("default")
    try:
        with others.cursor() as cursor:
            for number in range(AT_ONCE):
                cursor.execute("SELECT pg_advisory_lock(%s, %s)", [limits._LOCK, number])
            with pytest.raises(BusyError), held_place(1):
                pass
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [limits._LOCK])
            with held_place(1):
                pass
    finally:
        others.close()


def upload(client, content, **said):
    file = SimpleUploadedFile("plan.geojson", content, "application/geo+json")
    given = {"file": file, "land_use": "landfill", "lifecycle": "planned", "layer": "facilities"}
    return client.post(reverse("what-if") + "?lang=en", given | said)


def test_without_a_script_a_file_is_handed_in_by_a_form_and_answered_on_a_page(client, city):
    content = json.dumps({"type": "Feature", "geometry": geojson(at(50, 0)), "properties": {}})

    page = upload(client, content.encode()).content.decode()

    assert "what-if-1 (landfill) lies 50.0 m from First school (school)" in page
    assert "Demo value without legal force" in page


def test_a_file_that_is_no_json_is_told_beside_the_form(client, city):
    answer = upload(client, b"PK\x03\x04 a zip")

    assert answer.status_code == 400
    assert "not JSON" in answer.content.decode()


def test_a_class_that_does_not_exist_is_refused_by_the_form(client, city):
    assert upload(client, b"{}", land_use="castle").status_code == 400


def test_the_page_comes_in_khmer_and_holds_the_map_and_the_form(client, city):
    page = client.get(reverse("what-if")).content.decode()

    assert "បើធ្វើដូច្នេះ?" in page
    assert 'id="map"' in page
    assert 'type="file"' in page


def test_the_answers_for_the_page_come_ready_written(client, city):
    body = client.post(
        reverse("what-if") + "?page=1&lang=en",
        json.dumps({"alternatives": [
            {"changes": [drawn(properties={"name_en": "<b>Dump</b>"})]},
            {"changes": [drawn(at(900, 0))]},
        ]}),
        "application/json",
    ).json()  # fmt: skip

    assert "Side by side" in body["page"]
    assert "&lt;b&gt;Dump&lt;/b&gt;" in body["page"]
    assert "<b>Dump" not in body["page"]
    assert 'data-show="0-0"' in body["page"]
