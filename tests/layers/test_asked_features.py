"""``/map/?feature=zones/Z-12``: that feature marked, its card told; else a sentence on the map."""

import json
import re

import pytest
import shapely
from django.contrib.auth.models import User
from pyproj import Transformer

from layers.asked_features import MOST_ASKED
from layers.map_addresses import map_address
from layers.models import Layer
from layers.services import publish_changes, retire_features
from tests.factories import EAST, NORTH, at, feature, filled_layer, land_use, square

pytestmark = pytest.mark.django_db
TO_GROUND = Transformer.from_crs(4326, 32648, always_xy=True)


@pytest.fixture(autouse=True)
def zones():
    """Two zones side by side, a ring around nothing, and one with a slash in its name."""
    land_use("school", name_km="សាលារៀន", name_en="School")
    ring = square(0, 500, 100).difference(square(10, 510, 80))
    return filled_layer(
        "zones",
        feature("Z-1", square(0, 0, 100), "school", floors=3),
        feature("Z-2", square(100, 0, 100)),
        feature("R", ring),
        feature("a/b ក?&", square(300, 0, 10)),
        title_km="តំបន់", title_en="Zones", source="Plan of 2025",
        attribute_schema={"fields": {"floors": {"title_en": "Floors", "title_km": "ជាន់"}}},
    )  # fmt: skip


def asked(client, *names, language="en"):
    response = client.get("/map/", {"feature": names, "lang": language})
    assert response.status_code == 200, response.content
    written = re.search(
        r'<script id="map-content" type="application/json">(.*?)</script>',
        response.content.decode(), re.S,
    )  # fmt: skip
    return json.loads(written[1])["asked"]


def test_a_map_without_a_feature_in_its_address_asks_for_none(client):
    response = client.get("/map/")

    assert b'"asked": null' in response.content


def test_a_feature_is_marked_with_its_place_extent_and_card(client):
    told = asked(client, "zones/Z-1")

    assert told["features"] == [{"layer": "zones", "stable_id": "Z-1"}]
    assert told["problem"] == ""
    west, south, east, north = told["extent"]
    assert TO_GROUND.transform(west, south) == pytest.approx((EAST, NORTH), abs=1)
    assert TO_GROUND.transform(east, north) == pytest.approx((EAST + 100, NORTH + 100), abs=1)
    [card] = told["card"]["features"]
    assert (card["name"], card["class"]["name"]) == ("Z-1", "School")
    assert [(one["title"], one["value"]) for one in card["attributes"]] == [("Floors", 3)]
    assert (told["card"]["title"], told["card"]["version"]) == ("Zones", 1)
    assert told["card"]["source"] == "Plan of 2025"


def test_the_card_speaks_the_readers_language(client):
    told = asked(client, "zones/Z-1", language="km")

    assert told["card"]["title"] == "តំបន់"
    assert told["card"]["features"][0]["class"]["name"] == "សាលារៀន"


def test_the_place_lies_on_the_feature_where_its_middle_does_not(client):
    ring = square(0, 500, 100).difference(square(10, 510, 80))

    there = shapely.Point(TO_GROUND.transform(*asked(client, "zones/R")["point"]))

    assert ring.distance(there) < 0.05
    assert ring.distance(ring.centroid) == pytest.approx(40)


def test_several_are_marked_and_the_card_is_that_of_the_first(client):
    told = asked(client, "zones/Z-2", "zones/Z-1")

    assert [row["stable_id"] for row in told["features"]] == ["Z-2", "Z-1"]
    assert told["card"]["features"][0]["stable_id"] == "Z-2"
    west, _south, east, _north = told["extent"]
    assert TO_GROUND.transform(east, 10.58)[0] - TO_GROUND.transform(west, 10.58)[0] > 199


def test_a_name_with_a_slash_a_question_mark_and_khmer_is_found_by_the_address_made_for_it(client):
    address = map_address("zones", ["a/b ក?&"])

    response = client.get(address)

    assert 'features": [{"layer": "zones", "stable_id": "a/b' in response.content.decode()
    assert client.get(address.replace("/map/", "/map/feature")).json()["features"] == [
        {"layer": "zones", "stable_id": "a/b ក?&"}
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("zones/Z-99", "Layer 'zones' holds no 'Z-99'."),
        ("nowhere/Z-1", "There is no layer 'nowhere' that you may see."),
        ("zones", "'zones' names no feature."),
        ("zones/", "'zones/' names no feature."),
        ("/Z-1", "There is no layer '' that you may see."),
        ("zones/Z\x001", "names no feature."),
        ("zones/" + "x" * 500, "Layer 'zones' holds no"),
        ("zones/' OR 1=1", "Layer 'zones' holds no"),
    ],
)
def test_what_is_no_feature_gives_a_sentence_on_the_map(client, name, sentence):
    told = asked(client, name)

    assert told["features"] == []
    assert "card" not in told
    assert sentence in told["problem"]


def test_a_feature_that_ended_says_with_which_version(client, zones):
    retire_features(layer=zones, stable_ids=["Z-1"])

    told = asked(client, "zones/Z-1")

    assert "'Z-1' stands no more in layer 'zones': it ended with version 2." in told["problem"]


def test_a_feature_that_was_changed_is_shown_as_it_stands_now(client, zones):
    publish_changes(zones, [feature("Z-1", square(900, 0, 10), floors=5)], [])

    told = asked(client, "zones/Z-1")

    assert told["card"]["features"][0]["attributes"][0]["value"] == 5
    assert TO_GROUND.transform(*told["point"])[0] == pytest.approx(EAST + 905, abs=5)


def test_one_unknown_beside_a_known_one_is_told_and_the_known_one_shown(client):
    told = asked(client, "zones/Z-99", "zones/Z-1")

    assert told["features"] == [{"layer": "zones", "stable_id": "Z-1"}]
    assert "holds no 'Z-99'" in told["problem"]


@pytest.mark.parametrize("visibility", ["internal", "restricted"])
def test_a_feature_of_a_hidden_layer_is_as_unknown_as_that_of_a_missing_one(client, visibility):
    Layer.objects.update(visibility=visibility)

    told = asked(client, "zones/Z-1")

    assert told == asked(client, "zones/Z-99")
    assert told["problem"].startswith("There is no layer 'zones' that you may see.")
    client.force_login(User.objects.create_superuser("boss"))
    assert asked(client, "zones/Z-1")["features"] == [{"layer": "zones", "stable_id": "Z-1"}]


def test_an_address_that_asks_for_hundreds_is_answered_for_the_first_few(client):
    told = asked(client, *["zones/Z-1"] * 300)

    assert len(told["features"]) == MOST_ASKED


def test_a_program_asks_for_a_feature_and_is_told_what_to_write(client):
    told = client.get("/map/feature", {"feature": "zones/Z-2"}).json()
    refused = client.get("/map/feature", {"lang": "en"}, headers={"Accept": "application/json"})

    assert told["features"][0]["stable_id"] == "Z-2"
    assert refused.status_code == 400
    assert "feature=LAYER/IDENTIFIER" in refused.json()["error"]["remedy"]


def test_the_address_of_a_place_keeps_what_is_to_be_looked_at():
    filled_layer("wells", feature("W", at(0, 0)))

    assert map_address("wells", ["W"]) == "/map/?feature=wells%2FW"
    assert map_address("wells", ["W"], (103.5, 10.6), zoom=19) == (
        "/map/?feature=wells%2FW#lat=10.600000&lon=103.500000&z=19"
    )
    assert map_address("wells", [], (103.5, 10.6)).startswith("/map/?layer=wells#lat=")


def test_every_row_of_the_attribute_table_leads_to_its_feature(client):
    text = client.get("/layers/zones/table/?lang=en").content.decode()

    links = re.findall(r'<th scope="row"><a href="([^"]+)"', text)

    assert len(links) == 4
    marked = [client.get(link).context["content"]["asked"]["features"] for link in links]
    assert [row[0]["stable_id"] for row in marked] == ["R", "Z-1", "Z-2", "a/b ក?&"]
