import pytest

from layers.crs import to_wgs84
from tests.factories import at, feature, filled_layer, rectangle, square
from tests.planning.city import flooded, parcel, r1_plot, zoned

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)


def test_the_extract_needs_no_login_and_shows_the_three_lists(client):
    r1_plot()
    flooded(CITY, "H2", rectangle(40, 40, 5, 15), 0.6)
    text = client.get("/extract/P-1/?lang=en").content.decode()
    for heading in ("Concerned", "Not concerned", "No data", "Data used"):
        assert f"<h2>{heading}</h2>" in text
    assert "25.0 %" in text
    assert "once in 100 years" in text
    assert "Cambodian rule known from press reports" in text


def test_the_extract_is_khmer_first(client):
    r1_plot()
    text = client.get("/extract/P-1/").content.decode()
    assert "សេចក្តីដកស្រង់ក្បាលដី" in text
    assert "តំបន់លំនៅឋានផ្ទះដាច់" in text


def test_programs_get_json_by_address_or_by_asking(client):
    r1_plot()
    by_address = client.get("/extract/P-1.json").json()
    by_asking = client.get("/extract/P-1/", headers={"accept": "application/json"}).json()
    assert by_address["zones"] == by_asking["zones"]
    assert by_address["zones"][0]["zone"] == "R1"


def test_the_day_of_the_law_can_be_asked_for(client):
    r1_plot()
    assert client.get("/extract/P-1.json?date=2025-12-31").json()["zones"] == []
    assert client.get("/extract/P-1.json?date=soon").status_code == 400


def test_a_search_by_number_leads_to_the_extract(client):
    r1_plot()
    assert client.get("/extract/?parcel=P-1")["Location"] == "/extract/P-1/"


def test_a_search_that_finds_none_offers_those_like_it(client):
    plots = [parcel("P-11", square(0, 0, 10)), parcel("P-12", square(20, 0, 10))]
    zoned(("Z-1", "R1", CITY), parcels=plots)
    page = client.get("/extract/?parcel=P-1")
    assert page.status_code == 404
    assert "/extract/P-11/" in page.content.decode()
    assert "/extract/P-12/" in page.content.decode()


def test_a_click_on_the_map_leads_to_the_extract(client):
    r1_plot()
    place = to_wgs84(at(50, 45))
    assert client.get(f"/extract/?x={place.x}&y={place.y}")["Location"] == "/extract/P-1/"


@pytest.mark.parametrize("query", ["x=a&y=1", "x=103.5", "x=400&y=10", "x=nan&y=10"])
def test_a_place_that_is_none_is_refused_with_a_sentence(client, query):
    r1_plot()
    assert client.get(f"/extract/?{query}").status_code == 400


def test_a_parcel_that_does_not_exist_is_not_found(client):
    r1_plot()
    assert client.get("/extract/P-9/").status_code == 404


def test_an_internal_layer_is_shown_to_staff_only(client, django_user_model):
    r1_plot()
    filled_layer(
        "depot", feature("secret-7", CITY), theme="overlay", visibility="internal", title_en="Depot"
    )
    assert "secret-7" not in client.get("/extract/P-1/").content.decode()
    client.force_login(django_user_model.objects.create_user("clerk"))
    assert "secret-7" not in client.get("/extract/P-1/").content.decode()
    client.force_login(django_user_model.objects.create_user("staff", is_staff=True))
    assert "secret-7" in client.get("/extract/P-1/").content.decode()


def test_a_contradiction_of_title_and_map_stands_on_the_page(client):
    r1_plot(legal_area_m2=330)
    assert "differ by more than 5 %" in client.get("/extract/P-1/?lang=en").content.decode()


def test_the_empty_search_page_opens(client):
    assert client.get("/extract/").status_code == 200
