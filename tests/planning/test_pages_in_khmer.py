"""The pages in Khmer and English, their JSON twins, and what each reader may see."""

import json
import re

import pytest

from planning.forms import PermitForm
from planning.models import ComplianceRun
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import application, flooded, nothing_reserved, parcel, zoned
from tests.planning.street import ZONE_CODES

CITY = square(0, 0, 100)
KHMER = re.compile("[\u1780-\u17ff]")
PLOT = rectangle(40, 40, 20, 15)


@pytest.fixture(scope="module")
def town(kept_db):
    """Plot P-1 half in R1 and half in C1, the west of it under water, the beach not public."""
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 50, 100)),
        ("Z-2", "C1", rectangle(50, 0, 50, 100)),
        parcels=[parcel("P-1", PLOT, 330.0, parcel_no="1801-1")],
    )
    nothing_reserved(CITY)
    flooded(CITY, "H2", rectangle(40, 40, 10, 15), 0.6)
    filled_layer("ov-coast50", feature("B-1", PLOT), visibility="internal", theme="overlay")


@pytest.fixture
def page(town, client):
    def text(address, lang="km", **sent):
        separator = "&" if "?" in address else "?"
        target = f"{address}{separator}lang={lang}"
        answer = client.post(target, sent) if sent else client.get(target)
        assert answer.status_code == 200, answer.content.decode()[:500]
        return answer.content.decode()

    return text


@pytest.mark.parametrize(
    ("khmer", "english"),
    [
        ("តំបន់លំនៅឋានផ្ទះដាច់ កម្ពស់ទាប", "Residential detached low-rise"),
        ("តំបន់ទឹកជំនន់", "Flood hazard"),
        ("ឆ្នេរសាធារណៈ", "Public beach strip"),
        ("តំបន់ការពារ", "Protected areas"),
        ("ដីបម្រុងទុកសាធារណៈ", "Reserved public land"),
    ],
)
def test_the_extract_names_each_thing_in_the_readers_language(page, khmer, english):
    assert khmer in page("/extract/P-1/")
    assert english in page("/extract/P-1/", lang="en")
    assert english not in page("/extract/P-1/")


def test_the_reference_is_known_in_khmer_for_every_zone_topic_and_flood_class(printed):
    rows = [*printed("zone_classes"), *printed("overlays")]
    assert all(KHMER.search(row["name_km_draft"]) for row in rows)
    assert all(KHMER.search(row["meaning_km_draft"]) for row in printed("flood_classes"))
    assert len(printed("zone_classes")) == len(ZONE_CODES)


TYPED = {
    "parcels": "P-1", "use_1": "dwelling_single", "floor_area_1": "300", "dwellings_1": "1",
    "floors": "2", "height_m": "8.5", "basement_depth_m": "0", "footprint_area_m2": "160",
    "green_area_m2": "95", "parking_cars": "1",
}  # fmt: skip


def test_a_checked_permit_is_khmer_but_for_what_is_marked_as_english(page):
    text = page("/permits/", **TYPED)
    body = text.split("<main", 1)[1].split("</main>")[0]
    without_marked = re.sub(r'<span lang="en">.*?</span>', "", body, flags=re.DOTALL)
    for english in ("Sub-decree 42/2015 as reported", "Zoning code of the demo city"):
        assert english in body
        assert english not in without_marked
    assert "ជាភាសាអង់គ្លេស" in body  # the note that says whose text is still to come
    assert "cannot tell" not in without_marked
    assert "Margin" not in without_marked


def test_what_cannot_be_told_names_what_is_missing_in_khmer(page):
    silent = {name: value for name, value in TYPED.items() if name not in {"height_m", "floors"}}
    text = page("/permits/", **silent)
    assert "កម្ពស់" in text
    assert 'class="answer cannot_tell"' in text
    assert text.count('class="answer complies"') < page("/permits/", **TYPED).count(
        'class="answer complies"'
    )


def test_every_sentence_of_a_check_is_said_in_both_languages(town, client):
    answer = client.post(
        "/permits/check.json", json.dumps(application()), content_type="application/json"
    )
    results = answer.json()
    pairs = [
        pair
        for check in results["checks"]
        for pair in (check["title"], check["explanation"], check["answer_name"], *check["missing"])
    ]
    pairs += [fact["text"] for fact in results["law"]] + results["not_checked"]
    for pair in pairs:
        assert set(pair) == {"km", "en"}
        assert KHMER.search(pair["km"]), pair
        assert not KHMER.search(pair["en"]), pair


def test_the_json_twin_of_the_extract_says_what_the_page_says(page, client):
    twin = client.get("/extract/P-1.json").json()
    text = page("/extract/P-1/", lang="en")
    assert {(row["zone"], row["area_m2"]) for row in twin["zones"]} == {("R1", 150), ("C1", 150)}
    for zone in twin["zones"]:
        assert zone["name"]["en"] in text
    for name in ("concerned", "not_concerned", "no_data"):
        for row in twin[name]:
            assert row["title"]["en"] in text
    assert "150" in text
    assert twin["parcel"]["legal_area_m2"] == 330
    assert "330" in text


def test_the_same_address_answers_programs_in_json(town, client):
    asked = client.get("/extract/P-1/", headers={"accept": "application/json"}).json()
    twin = client.get("/extract/P-1.json").json()
    at = "created_at"  # the one thing that moves on between two questions
    assert {**asked, at: ""} == {**twin, at: ""}


def test_the_json_twin_of_a_permit_check_says_what_the_page_says(page, client):
    text = page("/permits/", lang="en", **TYPED)
    sent = json.dumps(typed_application())
    twin = client.post("/permits/check.json", sent, content_type="application/json").json()
    for check in twin["checks"]:
        assert check["answer_name"]["en"] in text
        assert check["title"]["en"] in text
    assert twin["outcome_name"]["en"] in text
    assert not ComplianceRun.objects.exists()


def typed_application():
    form = PermitForm(TYPED)
    assert form.is_valid()
    return form.application()


def test_the_contradiction_of_title_and_map_stands_on_both_pages_in_khmer(page):
    assert 'class="answer cannot_tell"' in page("/extract/P-1/")
    assert "330" in page("/permits/", **TYPED)


def test_a_number_of_a_use_nobody_chose_is_asked_back_and_not_dropped(town, client):
    answer = client.post("/permits/?lang=en", {**TYPED, "floor_area_2": "500"})
    assert answer.status_code == 400
    assert "Choose the use these numbers belong to." in answer.content.decode()
    khmer = client.post("/permits/?lang=km", {**TYPED, "dwellings_3": "2"}).content.decode()
    assert "សូមជ្រើសរើសការប្រើប្រាស់" in khmer


def test_the_hidden_beach_is_told_to_the_public_without_its_layer(page, client):
    text = page("/extract/P-1/", lang="en")
    assert "Something that is not public applies here" in text
    assert "ov-coast50" not in text
    assert "ov-coast50" not in page("/permits/", lang="en", **TYPED)


@pytest.mark.parametrize("address", ["/extract/%00/", "/extract/%00.json", "/extract/?parcel=%00"])
def test_a_zero_byte_names_no_parcel(town, client, address):
    assert client.get(address).status_code == 404


@pytest.fixture
def hidden_parcels(town):
    from layers.models import Layer

    Layer.objects.filter(slug="parcels").update(visibility="internal")
    yield
    Layer.objects.filter(slug="parcels").update(visibility="public")


@pytest.mark.parametrize(
    "address",
    ["/extract/P-1/", "/extract/P-1.json", "/extract/?parcel=P-1", "/extract/?parcel=1801-1"],
)
def test_a_cadastre_that_is_not_public_is_not_read_out_to_the_public(
    hidden_parcels, client, address
):
    answer = client.get(address)
    assert answer.status_code == 404
    assert "coordinates" not in answer.content.decode()
    assert "/extract/P-1/" not in answer.content.decode()


def test_a_cadastre_that_is_not_public_is_checked_for_staff_only(
    hidden_parcels, client, django_user_model
):
    assert client.post("/permits/", TYPED).status_code == 400
    staff = django_user_model.objects.create_user("planner", is_staff=True)
    client.force_login(staff)
    assert client.get("/extract/P-1/").status_code == 200
    staff.delete()
