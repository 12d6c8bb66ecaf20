"""What is here: a click finds what stands at a place, no more, and says where nobody knows."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from layers.identify import place, what_is_at
from layers.services import publish_features, set_surveyed_area
from tests.factories import at, feature, filled_layer, land_use, line, square
from tests.layers.web_map import NODATA, lonlat, published_grid

pytestmark = pytest.mark.django_db

# At zoom 18 a screen pixel is 0.59 m here, so a click reaches 8 pixels = 4.7 m.
Z = 18


@pytest.fixture(autouse=True)
def _media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def ask(client, x, y, z=Z, **more):
    longitude, latitude = lonlat(x, y)
    response = client.get("/identify", {"lon": longitude, "lat": latitude, "z": z, **more})
    assert response.status_code == 200
    return response.json()


def found(client, x, y, z=Z, **more):
    answer = ask(client, x, y, z, **more)
    return [f["stable_id"] for layer in answer["layers"] for f in layer["features"]]


class TestWhatIsHit:
    def test_a_click_in_a_zone_finds_that_zone_and_not_its_neighbour(self, client):
        filled_layer(
            "zones", feature("west", square(0, 0, 100)), feature("east", square(100, 0, 100))
        )
        assert found(client, 50, 50) == ["west"]
        assert found(client, 150, 50) == ["east"]

    def test_a_click_one_metre_outside_an_area_does_not_find_it(self, client):
        filled_layer("zones", feature("west", square(0, 0, 100)))
        assert found(client, 101, 50) == []
        assert found(client, 99, 50) == ["west"]

    def test_a_point_is_found_within_four_metres_but_not_at_six(self, client):
        filled_layer("wells", feature("W-1", at(0, 0)))
        assert found(client, 4, 0) == ["W-1"]
        assert found(client, 6, 0) == []

    def test_from_afar_a_click_reaches_further(self, client):
        filled_layer("wells", feature("W-1", at(0, 0)))
        assert found(client, 60, 0, z=14) == ["W-1"]
        assert found(client, 90, 0, z=14) == []

    def test_a_road_is_found_beside_its_line_with_its_distance(self, client):
        filled_layer("roads", feature("RD-1", line((0, -50), (0, 50))))
        [layer] = ask(client, 3, 0)["layers"]
        assert [f["stable_id"] for f in layer["features"]] == ["RD-1"]
        assert layer["features"][0]["distance_m"] == pytest.approx(3.0, abs=0.1)

    def test_the_smaller_of_two_areas_comes_first(self, client):
        filled_layer(
            "plots", feature("estate", square(0, 0, 500)), feature("plot", square(0, 0, 20))
        )
        assert found(client, 10, 10) == ["plot", "estate"]

    def test_what_was_retired_is_no_longer_here(self, client):
        layer = filled_layer("plots", feature("old", square(0, 0, 50)))
        publish_features(layer=layer, features=[feature("new", square(0, 0, 50))])
        assert found(client, 10, 10) == ["new"]

    def test_thirty_things_on_one_spot_are_cut_at_25_and_it_says_so(self, client):
        filled_layer("wells", *(feature(f"W-{i:02}", at(0, 0)) for i in range(30)))
        [layer] = ask(client, 0, 0)["layers"]
        assert len(layer["features"]) == 25
        assert layer["has_more"] is True

    def test_only_the_layers_asked_for_answer(self, client):
        filled_layer("zones", feature("Z", square(0, 0, 100)))
        filled_layer("plots", feature("P", square(0, 0, 100)))
        assert found(client, 10, 10, layers="plots") == ["P"]

    def test_all_layers_are_asked_in_one_query(self):
        layers = [filled_layer(f"layer-{i}", feature("a", square(0, 0, 100))) for i in range(6)]
        longitude, latitude = lonlat(10, 10)
        here = place(longitude=longitude, latitude=latitude, zoom=Z)
        with CaptureQueriesContext(connection) as asked:
            answers = what_is_at(here, layers)
        assert len(answers) == 6
        assert len(asked) == 1

    def test_the_place_comes_back_in_the_projects_metres(self, client):
        filled_layer("zones", feature("Z", square(0, 0, 100)))
        told = ask(client, 12.5, 40)["place"]
        assert told["easting_m"] == pytest.approx(330_012.5, abs=0.01)
        assert told["northing_m"] == pytest.approx(1_170_040, abs=0.01)


class TestSilence:
    def test_nothing_in_a_surveyed_area_is_an_answer(self, client):
        layer = filled_layer("schools", feature("S", square(900, 0, 50)))
        set_surveyed_area(layer=layer, geometry=square(0, 0, 1000))
        [answer] = ask(client, 10, 10)["layers"]
        assert answer["state"] == "nothing"

    def test_nothing_outside_the_surveyed_area_means_nobody_knows(self, client):
        layer = filled_layer("schools", feature("S", square(900, 0, 50)))
        set_surveyed_area(layer=layer, geometry=square(500, 0, 1000))
        [answer] = ask(client, 10, 10)["layers"]
        assert answer["state"] == "unknown"

    def test_a_partial_survey_proves_nothing(self, client):
        layer = filled_layer("schools", feature("S", square(900, 0, 50)))
        set_surveyed_area(layer=layer, geometry=square(0, 0, 1000), completeness="partial")
        [answer] = ask(client, 10, 10)["layers"]
        assert answer["state"] == "unknown"

    def test_a_layer_never_surveyed_means_nobody_knows(self, client):
        filled_layer("schools", feature("S", square(900, 0, 50)))
        [answer] = ask(client, 10, 10)["layers"]
        assert answer["state"] == "unknown"


class TestWhatIsTold:
    @pytest.fixture
    def _school(self):
        land_use("school", name_km="សាលារៀន", name_en="School", colour="#2F6DB5")
        schema = {
            "fields": {
                "pupils": {
                    "type": "number",
                    "title_km": "សិស្ស",
                    "title_en": "Pupils",
                    "unit": "persons",
                }
            }
        }
        filled_layer(
            "facilities",
            feature(
                "FAC-1",
                square(0, 0, 50),
                "school",
                "planned",
                name_km="សាលាអូរ",
                name_en="Ou school",
                pupils=420,
            ),
            title_km="បរិក្ខារ",
            title_en="Facilities",
            attribute_schema=schema,
            source="City survey",
        )

    @pytest.mark.usefixtures("_school")
    def test_a_khmer_reader_is_told_in_khmer(self, client):
        [layer] = ask(client, 10, 10)["layers"]
        [school] = layer["features"]
        assert (layer["title"], school["name"], school["class"]["name"]) == (
            "បរិក្ខារ",
            "សាលាអូរ",
            "សាលារៀន",
        )
        assert school["lifecycle"] == "តាមផែនការ"
        assert {a["title"]: a["value"] for a in school["attributes"]} == {"សិស្ស": 420}

    @pytest.mark.usefixtures("_school")
    def test_an_english_reader_is_told_in_english_with_units_version_and_source(self, client):
        [layer] = ask(client, 10, 10, lang="en")["layers"]
        [school] = layer["features"]
        assert (layer["title"], school["name"], school["class"]["name"]) == (
            "Facilities",
            "Ou school",
            "School",
        )
        assert school["lifecycle"] == "planned"
        assert school["attributes"] == [
            {
                "name": "pupils",
                "title": "Pupils",
                "value": 420,
                "unit": "persons",
                "text": "420 persons",
            }
        ]
        assert (layer["version"], layer["source"]) == (1, "City survey")
        assert school["class"]["colour"] == "#2F6DB5"

    def test_a_parcel_leads_to_its_extract(self, client):
        filled_layer("parcels", feature("PRC-0001", square(0, 0, 20)))
        [layer] = ask(client, 10, 10)["layers"]
        assert layer["features"][0]["extract"] == "/extract/?parcel=PRC-0001"

    def test_the_plan_is_told_before_the_base_map(self, client):
        filled_layer("a-road", feature("R", square(0, 0, 50)), theme="base-road")
        filled_layer("z-zones", feature("Z", square(0, 0, 50)), theme="zoning")
        assert [layer["slug"] for layer in ask(client, 10, 10)["layers"]] == ["z-zones", "a-road"]


class TestGridValues:
    def test_the_depth_at_a_place_is_told_with_its_unit_and_class(self, client, tmp_path):
        published_grid(tmp_path, "depth", [[0.2, 0.75], [0.0, NODATA]], cell_m=100)
        [layer] = ask(client, 150, -50)["layers"]
        assert layer["state"] == "found"
        assert layer["value"]["value"] == pytest.approx(0.75)
        assert (layer["value"]["units"], layer["value"]["label"]) == ("m", "0,60–1,20 m")

    def test_each_cell_tells_its_own_value(self, client, tmp_path):
        published_grid(tmp_path, "depth", [[0.2, 0.75], [0.0, NODATA]], cell_m=100)
        values = [
            ask(client, x, y)["layers"][0]["value"]["value"]
            for x, y in [(99, -1), (101, -1), (1, -199)]
        ]
        assert values == pytest.approx([0.2, 0.75, 0.0])

    def test_no_data_is_told_as_nobody_knows_never_as_dry(self, client, tmp_path):
        published_grid(tmp_path, "depth", [[0.2, 0.75], [0.0, NODATA]], cell_m=100)
        [layer] = ask(client, 150, -150)["layers"]
        assert layer["state"] == "unknown"
        assert layer["value"]["value"] is None

    def test_beside_the_grid_nobody_knows(self, client, tmp_path):
        published_grid(tmp_path, "depth", [[0.2, 0.75], [0.0, NODATA]], cell_m=100)
        [layer] = ask(client, 900, 900)["layers"]
        assert layer["state"] == "unknown"


class TestWhoMayAsk:
    def test_a_staff_layer_says_nothing_to_the_public(self, client):
        filled_layer("cables", feature("C", square(0, 0, 50)), visibility="internal")
        assert ask(client, 10, 10)["layers"] == []
        client.force_login(User.objects.create_user("planner", is_staff=True))
        assert found(client, 10, 10) == ["C"]

    @pytest.mark.parametrize(
        "query",
        [
            {},
            {"lon": "103.5"},
            {"lon": "east", "lat": "10.6"},
            {"lon": "nan", "lat": "10.6"},
            {"lon": "inf", "lat": "10.6"},
            {"lon": "10.6", "lat": "103.5"},
            {"lon": "103.5", "lat": "10.6", "z": "close"},
            {"lon": "-70", "lat": "10.6"},
        ],
    )
    def test_a_place_that_is_none_is_refused_with_what_to_do(self, client, query):
        response = client.get("/identify", query, headers={"Accept": "application/json"})
        assert response.status_code == 400
        assert "lon=103.53" in response.json()["error"]["remedy"]
