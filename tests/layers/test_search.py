"""Search: one place under all the names people give it."""

import pytest
from django.contrib.auth.models import User
from django.db import connection

from layers.models import Layer
from layers.search import normalised, parsed
from layers.services import publish_features
from tests.factories import at, feature, filled_layer, square
from tests.layers.web_map import lonlat

pytestmark = pytest.mark.django_db


def hits(client, query, **more):
    response = client.get("/search", {"q": query, **more})
    assert response.status_code == 200
    return [result["stable_id"] for result in response.json()["results"]]


@pytest.fixture
def _sihanoukville():
    """Sangkats as the gazetteer names them, a village, a road and parcels."""
    names = [
        ("180101", "លេខ១", "Lekh Muoy"),
        ("180102", "លេខ២", "Lekh Pir"),
        ("180104", "លេខ៤", "Lekh Buon"),
    ]
    filled_layer(
        "communes",
        *(
            feature(
                f"C-{i}",
                square(i * 1000, 0, 1000),
                commune_kh=km,
                commune_en_2025=en,
                ncdd_com_code=code,
            )
            for i, (code, km, en) in enumerate(names)
        ),
        title_km="ឃុំ សង្កាត់",
        title_en="Communes and sangkats",
    )
    filled_layer(
        "villages",
        feature("18010401", at(10, 10), village_kh="ភូមិ១", com_code="180104"),
        feature("18010404", at(20, 10), village_kh="ភូមិ៤", com_code="180104"),
        title_km="ភូមិ",
        title_en="Villages",
    )
    filled_layer(
        "roads", feature("R-4", square(0, 0, 10), name="ផ្លូវជាតិលេខ៤", name_en="National Highway 4")
    )
    filled_layer("parcels", feature("PRC-000417", square(0, 0, 10), parcel_no="K-44/17", storeys=4))


@pytest.mark.usefixtures("_sihanoukville")
class TestSangkatFour:
    @pytest.mark.parametrize(
        "query",
        [
            "សង្កាត់លេខ៤",
            "សង្កាត់ លេខ៤",
            "សង្កាត់ លេខ ៤",
            "សង្កាត់លេខ4",
            "សង្កាត់\u200bលេខ\u200b៤",
            "លេខ៤",
            "Sangkat 4",
            "sangkat ៤",
            "Commune 4",
            "Lekh Buon",
            "lekh buon",
            "LEKH  BUON",
            "Sangkat Lekh Buon",
            "Buon",
            "180104",
            "១៨០១០៤",
            "180104 Lekh Buon",
        ],
    )
    def test_is_found_first_under_this_name(self, client, query):
        assert hits(client, query)[0] == "C-2"

    def test_is_not_found_as_sangkat_one(self, client):
        assert "C-2" not in hits(client, "សង្កាត់លេខ១")
        assert hits(client, "សង្កាត់លេខ១")[0] == "C-0"

    def test_a_part_of_a_code_finds_all_that_begin_with_it(self, client):
        assert {"C-0", "C-1", "C-2"} <= set(hits(client, "1801"))

    def test_a_code_is_not_found_from_its_middle(self, client):
        assert "C-2" not in hits(client, "80104")

    def test_its_village_is_found_by_the_kind_of_place(self, client):
        assert hits(client, "Village 4")[0] == "18010404"
        assert hits(client, "ភូមិ៤")[0] == "18010404"


@pytest.mark.usefixtures("_sihanoukville")
class TestOtherNames:
    def test_a_road_is_found_in_both_languages(self, client):
        assert "R-4" in hits(client, "ផ្លូវជាតិ")
        assert hits(client, "national highway") == ["R-4"]

    @pytest.mark.parametrize(
        "query", ["PRC-000417", "prc-000417", "K-44/17", "000417", "ក្បាលដី 000417"]
    )
    def test_a_parcel_is_found_by_its_identifier_and_its_number(self, client, query):
        assert hits(client, query) == ["PRC-000417"]

    def test_a_number_that_names_nothing_is_not_searched(self, client):
        """The parcel has 4 storeys; that is no name."""
        assert "PRC-000417" not in hits(client, "4")

    def test_signs_with_a_meaning_in_patterns_are_only_signs(self, client):
        assert hits(client, "100%") == []
        assert hits(client, "L_kh") == []
        assert hits(client, ".*") == []
        assert hits(client, "[a-z]+") == []
        assert hits(client, "'; DROP TABLE layers_feature; --") == []
        assert hits(client, "\\") == []

    def test_every_word_must_occur(self, client):
        assert hits(client, "Lekh Nowhere") == []

    def test_what_is_retired_is_not_found(self, client):
        layer = filled_layer("plots", feature("old", square(0, 0, 10), name_en="Angkor House"))
        publish_features(
            layer=layer, features=[feature("new", square(0, 0, 10), name_en="Bayon House")]
        )
        assert hits(client, "Angkor") == []
        assert hits(client, "Bayon") == ["new"]

    def test_a_result_names_its_layer_and_says_where_to_zoom(self, client):
        [result] = client.get("/search", {"q": "Lekh Buon", "lang": "en"}).json()["results"]
        assert (result["name"], result["layer_title"]) == ("Lekh Buon", "Communes and sangkats")
        west, south, east, north = result["extent"]
        assert (west, south) == pytest.approx(lonlat(2000, 0), abs=1e-4)
        assert (east, north) == pytest.approx(lonlat(3000, 1000), abs=1e-4)

    def test_a_khmer_reader_gets_the_khmer_name(self, client):
        [result] = client.get("/search", {"q": "Lekh Buon"}).json()["results"]
        assert (result["name"], result["layer_title"]) == ("លេខ៤", "ឃុំ សង្កាត់")


class TestLimits:
    def test_a_staff_layer_is_not_found_by_the_public(self, client):
        filled_layer(
            "cables", feature("C-1", square(0, 0, 10), name_en="Trunk cable"), visibility="internal"
        )
        assert hits(client, "trunk") == []
        client.force_login(User.objects.create_user("planner", is_staff=True))
        assert hits(client, "trunk") == ["C-1"]

    @pytest.mark.parametrize("query", ["", "   ", "\u200b", "'", '"', "-", "ក", "R", "(", "' -"])
    def test_while_there_is_too_little_to_look_for_the_list_is_empty(self, client, query):
        filled_layer("spots", feature("R-1", at(0, 0), name_km="ក"))
        assert hits(client, query) == []

    def test_areas_of_a_hazard_map_are_no_answer_to_a_number(self, client):
        classes = {"colours": {"property": "hazard_class", "values": {"H4": "#4B1D7A"}}}
        hazard = filled_layer(
            "flood-q100", feature("H4-000004", square(0, 0, 9), hazard_class="H4"), theme="hazard"
        )
        Layer.objects.filter(pk=hazard.pk).update(attribute_schema=classes)
        filled_layer("communes", feature("C-4", square(0, 0, 9), name_en="Sangkat 4"))
        assert hits(client, "Sangkat 4")[0] == "C-4"
        assert "H4-000004" not in hits(client, "Sangkat 4")
        assert hits(client, "H4") == []

    @pytest.mark.parametrize("query", ["x" * 101])
    def test_too_much_is_refused_with_what_to_type(self, client, query):
        response = client.get(
            "/search", {"q": query, "lang": "en"}, headers={"Accept": "application/json"}
        )
        assert response.status_code == 400
        assert "Khmer or English" in response.json()["error"]["remedy"]

    def test_a_short_word_says_that_only_small_layers_were_searched(self, client):
        filled_layer("plots", feature("P-9", square(0, 0, 10)))
        assert client.get("/search", {"q": "9"}).json()["only_small_layers"] is True
        assert client.get("/search", {"q": "P-9"}).json()["only_small_layers"] is False

    def test_at_most_thirty_results_are_told(self, client):
        filled_layer(
            "plots", *(feature(f"P-{i}", square(i, 0, 1), name_en="House") for i in range(40))
        )
        assert len(hits(client, "house")) == 30


class TestText:
    def test_khmer_digits_and_invisible_spaces_are_made_plain(self):
        assert normalised("សង្កាត់\u200b លេខ ៤") == "សង្កាត់លេខ4"
        assert normalised("  Lekh   BUON ") == "lekh buon"

    def test_the_database_compares_as_the_query_is_written(self):
        raw = ["សង្កាត់\u200b លេខ ៤", "Lekh Buon ១០", "ភូមិ ១ A", "e\u0301tat \u00ad"]
        with connection.cursor() as cursor:
            for text in raw:
                cursor.execute(
                    "SELECT krong_search_text('', jsonb_build_object('n', %s::text))", [text]
                )
                assert cursor.fetchone()[0].strip("|").strip() == normalised(text)

    def test_a_word_for_a_place_alone_is_itself_searched(self):
        assert parsed("សង្កាត់").words == ("សង្កាត់",)
        assert parsed("Sangkat").words == ("sangkat",)

    def test_a_place_word_is_taken_off_only_as_a_whole_english_word(self):
        assert parsed("cityhall").words == ("cityhall",)
        assert parsed("City Hall").words == ("hall",)

    def test_only_signs_are_no_search(self):
        assert parsed("()").words == ()


def test_the_trigram_index_answers_a_search():
    """With many features the index is used; a sequential scan would not scale to a city."""
    filled_layer(
        "plots",
        *(feature(f"P-{i:05}", at(i, 0), name_en=f"House {i:05}") for i in range(3000)),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE layers_feature")
        cursor.execute(
            "EXPLAIN SELECT id FROM layers_feature WHERE retired_in IS NULL"
            " AND krong_search_text(stable_id, properties) LIKE '%house 02999%'"
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "feature_current_text" in plan
