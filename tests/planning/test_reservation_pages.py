import json
import re

import pymupdf
import pytest
import shapely
import yaml
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from layers.crs import to_wgs84
from layers.models import Layer
from planning.models import LandReservation
from tests.factories import rectangle
from tests.planning.reserved_land import PURPOSE, block, request, reserve, surroundings

pytestmark = pytest.mark.django_db


def upload(content, name="request.yaml"):
    raw = content if isinstance(content, bytes) else yaml.safe_dump(content).encode()
    return {"file": SimpleUploadedFile(name, raw)}


@pytest.fixture
def officer(client, django_user_model):
    user = django_user_model.objects.create_user("officer")
    user.user_permissions.add(Permission.objects.get(codename="reserve_land"))
    client.force_login(user)
    return user


def test_the_list_needs_no_login_and_shows_purpose_status_and_area(client):
    block()
    reserve(horizon_year=2035)
    text = client.get("/reservations/?lang=en").content.decode()
    for shown in ("RES-1", "Primary school", "proposed", "10,000.00", "2035"):
        assert shown in text
    assert 'href="/reservations/RES-1/"' in text


def test_the_list_is_khmer_first(client):
    block()
    reserve()
    text = client.get("/reservations/").content.decode()
    assert PURPOSE["km"] in text
    assert "ដីបម្រុងទុក" in text
    assert "Primary school" not in text


def test_before_the_first_reservation_the_list_says_so(client):
    text = client.get("/reservations/?lang=en").content.decode()
    assert "No land is reserved yet." in text


def test_the_page_shows_parcels_balance_and_downloads(client):
    block()
    reserve()
    text = client.get("/reservations/RES-1/?lang=en").content.decode()
    for shown in ("No A", "hard title", "4,990.00", "2,500.00", "50.00", "none stated", "P1–P4"):
        assert shown in text
    assert "50.00 %" in text
    for name in ("sheet.pdf?paper=A4", "sheet.pdf?paper=A3", "sheet.gpkg", "sheet.geojson"):
        assert f'href="/reservations/RES-1/{name}"' in text
    assert 'href="/extract/A/"' in text


def test_the_page_opens_the_map_on_the_land(client):
    block()
    reserve()
    text = client.get("/reservations/RES-1/").content.decode()
    lat, lon = re.search(r"/map/#lat=([\d.]+)&amp;lon=([\d.]+)&amp;z=17", text).groups()
    assert to_wgs84(rectangle(50, 0, 100, 100)).contains(shapely.Point(float(lon), float(lat)))


def test_made_up_data_are_marked_on_the_page(client):
    block(synthetic=1)
    reserve()
    assert "SYNTHETIC DATA" in client.get("/reservations/RES-1/?lang=en").content.decode()


def test_programs_get_the_facts_as_json(client):
    block()
    reserve()
    accept = {"Accept": "application/json"}
    facts = client.get("/reservations/RES-1/", headers=accept).json()
    assert facts["balance"]["reserved_m2"] == "10000.00"
    listed = client.get("/reservations/", headers=accept).json()
    assert [row["reference"] for row in listed["reservations"]] == ["RES-1"]


def test_the_sheet_is_a_pdf_at_the_paper_and_scale_asked_for(client):
    block()
    surroundings()
    reserve()
    answer = client.get("/reservations/RES-1/sheet.pdf?paper=A4&scale=5000")
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == "inline; filename*=UTF-8''RES-1-A4.pdf"
    page = pymupdf.open(stream=answer.content)[0]
    assert round(page.rect.width * 25.4 / 72) == 297
    assert "1:5\u00a0000" in page.get_text()


def test_the_data_are_handed_out_as_files(client):
    block()
    reserve()
    geojson = client.get("/reservations/RES-1/sheet.geojson")
    assert geojson["Content-Type"] == "application/geo+json"
    assert len(json.loads(geojson.content)["features"]) == 9
    package = client.get("/reservations/RES-1/sheet.gpkg")
    assert package.content.startswith(b"SQLite format 3")
    assert package["Content-Disposition"].endswith("RES-1.gpkg")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("paper=B4", "is no paper for map sheets"), ("scale=1234", "1:1,234 is no scale"),
     ("scale=large", "is not a scale"), ("scale=-5", "is no scale"),
     ("paper=A4&scale=500", "does not fit on A4"), ("paper=<b>", "is no paper")],
)  # fmt: skip
def test_a_bad_paper_or_scale_is_a_bad_request_with_a_sentence(query, sentence, client):
    block()
    reserve()
    answer = client.get(f"/reservations/RES-1/sheet.pdf?lang=en&{query}")
    assert answer.status_code == 400
    assert sentence in answer.content.decode()


@pytest.mark.parametrize("end", ["", "sheet.pdf", "sheet.gpkg", "sheet.geojson"])
def test_an_unknown_reservation_is_not_found(end, client):
    block()
    reserve()
    assert client.get(f"/reservations/RES-9/{end}").status_code == 404


@pytest.mark.parametrize(
    "end", ["", "RES-1/", "RES-1/sheet.pdf", "RES-1/sheet.gpkg", "RES-1/sheet.geojson"]
)
def test_reservations_kept_from_the_public_are_not_shown_to_it(end, client):
    block()
    reserve()
    Layer.objects.filter(slug="reservations").update(visibility="internal")
    answer = client.get(f"/reservations/{end}")
    assert answer.status_code == 404
    assert b"Primary school" not in answer.content


def test_staff_see_reservations_kept_from_the_public(client, django_user_model):
    block()
    reserve()
    Layer.objects.filter(slug="reservations").update(visibility="internal")
    client.force_login(django_user_model.objects.create_user("planner", is_staff=True))
    assert client.get("/reservations/RES-1/").status_code == 200


def test_who_is_not_signed_in_reserves_nothing(client):
    block()
    answer = client.post("/reservations/", upload(request()))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/login/")
    assert not LandReservation.objects.exists()
    assert 'type="file"' not in client.get("/reservations/").content.decode()


def test_who_is_signed_in_reserves_land_from_yaml(client, officer):
    block()
    assert 'type="file"' in client.get("/reservations/").content.decode()
    answer = client.post("/reservations/", upload(request()))
    assert answer["Location"] == "/reservations/RES-1/"
    made = LandReservation.objects.get()
    assert made.created_by == officer
    assert made.parcels.count() == 4


def test_who_is_signed_in_reserves_land_from_geojson(client, officer):
    block()
    keys = {"reference": "RES-7", "purpose_en": "School", "purpose_class": "school"}
    shape = shapely.geometry.mapping(to_wgs84(rectangle(0, 0, 100, 50)))
    content = json.dumps({"type": "Feature", "properties": keys, "geometry": shape}).encode()
    answer = client.post("/reservations/", upload(content, "land.geojson"))
    assert answer["Location"] == "/reservations/RES-7/"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x01", "no readable YAML"),
        (b"reference: R-1", "is missing"),
        (b"x" * 2_000_001, "larger than 2 MB"),
        (request(purpose_class="no-such"), "Unknown land-use class"),
    ],
)
def test_a_request_with_a_mistake_is_answered_with_a_sentence(content, sentence, client, officer):
    block()
    answer = client.post("/reservations/?lang=en", upload(content))
    assert answer.status_code == 400
    assert sentence in answer.content.decode()
    assert not LandReservation.objects.exists()


def test_a_form_without_a_file_asks_for_one(client, officer):
    answer = client.post("/reservations/?lang=en")
    assert answer.status_code == 400
    assert "No file was chosen." in answer.content.decode()


def test_land_reserved_already_is_refused_on_the_page(client, officer):
    block()
    reserve()
    answer = client.post("/reservations/?lang=en", upload(request(reference="RES-2")))
    assert answer.status_code == 400
    assert "10,000 m2 of this land are reserved already" in answer.content.decode()


def test_a_form_from_another_site_is_refused(officer, django_user_model):
    from django.test import Client

    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(officer)
    block()
    assert stranger.post("/reservations/", upload(request())).status_code == 403
    assert not LandReservation.objects.exists()
