"""A tile may be narrowed by class, lifecycle or a described attribute; anything else is refused."""

import pytest
from django.contrib.auth.models import User

from layers.services import publish_features
from tests.factories import feature, filled_layer, land_use, square
from tests.layers.web_map import read_tile, tile_holding

pytestmark = pytest.mark.django_db
Z = 16
SCHEMA = {
    "fields": {
        "storeys": {"type": "integer", "title_en": "Storeys"},
        "height_m": {"type": "number", "title_en": "Height"},
        "is_listed": {"type": "boolean", "title_en": "Listed"},
        "owner": {"type": "string", "title_en": "Owner"},
    }
}


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.KRONG_TILE_FOLDER = tmp_path / "tiles"


@pytest.fixture
def layer():
    land_use("school_primary", parent=land_use("school"))
    land_use("hospital")
    low = {"storeys": 1, "height_m": 3.5, "is_listed": True, "owner": "city"}
    high = {"storeys": 9, "height_m": 30.0, "is_listed": False, "owner": "1"}
    return filled_layer(
        "buildings",
        feature("primary", square(0, 0, 20), "school_primary", **low),
        feature("clinic", square(30, 0, 20), "hospital", **high),
        feature("plain", square(60, 0, 20)),
        attribute_schema=SCHEMA,
    )


def address(query="", version=1):
    column, row = tile_holding(0, 0, Z)
    return f"/tiles/buildings/{version}/{Z}/{column}/{row}.mvt{query}"


def found(client, query="", version=1):
    response = client.get(address(query, version))
    if response.status_code == 204:
        return []
    assert response.status_code == 200
    return sorted(read_tile(response.content, "buildings", Z, *tile_holding(0, 0, Z)).stable_id)


class TestWhatIsLeft:
    def test_a_class_means_its_whole_branch(self, client, layer):
        assert found(client, "?class=school") == ["primary"]

    def test_two_classes_are_separated_by_a_comma(self, client, layer):
        assert found(client, "?class=school,hospital") == ["clinic", "primary"]

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("?storeys=9", ["clinic"]),
            ("?height_m=3.5", ["primary"]),
            ("?is_listed=false", ["clinic"]),
            ("?owner=city", ["primary"]),
            ("?owner=1", ["clinic"]),  # the text, not the number
            ("?storeys=9&owner=city", []),
            ("?storeys=2", []),
        ],
    )
    def test_an_attribute_is_compared_as_its_type(self, client, layer, query, expected):
        assert found(client, query) == expected

    def test_a_lifecycle_leaves_only_what_is_in_that_state(self, client, layer):
        assert len(found(client, "?lifecycle=existing")) == 3
        assert found(client, "?lifecycle=planned,closed") == []

    def test_a_filter_holds_for_earlier_versions_too(self, client, layer):
        publish_features(layer=layer, features=[feature("new", square(0, 0, 9), "school")])
        assert found(client, "?class=school", version=1) == ["primary"]
        assert found(client, "?class=school", version=2) == ["new"]


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "query",
        [
            "?colour=red",
            "?class=school&class=hospital",
            "?class=castle",
            "?lifecycle=burnt",
            "?storeys=many",
            "?height_m=nan",
            "?height_m=inf",
            "?is_listed=perhaps",
            "?v=1",
        ],
    )
    def test_what_no_tile_knows_is_answered_400_with_a_sentence(self, client, layer, query):
        response = client.get(address(query), headers={"Accept": "application/json"})
        assert response.status_code == 400
        assert response.json()["error"]["remedy"]

    def test_the_stamp_and_the_language_are_no_filter(self, client, layer):
        assert len(found(client, "?of=abc&lang=en")) == 3


class TestItsOwnName:
    def test_another_filter_is_another_tag_and_another_tile(self, client, layer):
        tags = {client.get(address(query))["ETag"] for query in ("", "?storeys=9", "?storeys=1")}
        assert len(tags) == 3
        assert found(client, "?storeys=9") == ["clinic"]
        assert len(found(client)) == 3

    def test_the_order_of_the_classes_makes_no_other_tile(self, client, layer):
        one, two = (client.get(address(f"?class={codes}"))["ETag"]
                    for codes in ("school,hospital", "hospital,school"))  # fmt: skip
        assert one == two

    def test_the_language_makes_no_other_tile(self, client, layer):
        assert client.get(address("?lang=en"))["ETag"] == client.get(address("?lang=km"))["ETag"]

    def test_a_layer_taken_from_the_public_gets_another_tag_and_is_kept_in_no_shared_cache(
        self, client, layer
    ):
        before = client.get(address())
        layer.visibility = "internal"
        layer.save()
        assert client.get(address()).status_code == 404
        client.force_login(User.objects.create_user("planner", is_staff=True))
        after = client.get(address(), headers={"If-None-Match": before["ETag"]})
        assert after.status_code == 200
        assert after["Cache-Control"] == "private, no-cache"


class TestTheNewest:
    def ask(self, client, query=""):
        column, row = tile_holding(0, 0, Z)
        return client.get(f"/tiles/buildings/newest/{Z}/{column}/{row}.mvt{query}")

    def test_without_a_version_the_published_one_is_drawn_and_kept_for_a_minute(
        self, client, layer
    ):
        before = self.ask(client)
        assert before["Cache-Control"] == "public, max-age=60"
        publish_features(layer=layer, features=[feature("new", square(0, 0, 9))])
        after = self.ask(client)
        assert after["ETag"] != before["ETag"]

    def test_as_of_a_version_it_is_kept_for_good(self, client, layer):
        publish_features(layer=layer, features=[feature("new", square(0, 0, 9))])
        first = self.ask(client, "?v=1")
        assert "immutable" in first["Cache-Control"]
        assert first["ETag"] == client.get(address())["ETag"]

    @pytest.mark.parametrize(("query", "status"), [("?v=7", 404), ("?v=x", 400), ("?v=-1", 400)])
    def test_a_version_that_is_none_is_refused(self, client, layer, query, status):
        assert self.ask(client, query).status_code == status
