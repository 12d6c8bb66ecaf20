"""The permit form with mistakes: a sentence beside the field, and nothing typed is lost."""

import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from planning.forms import PermitForm
from tests.factories import rectangle, square
from tests.planning.city import application, building, buildings_on, r1_plot
from tests.planning.test_permit_pages import TYPED

pytestmark = pytest.mark.django_db
MACHINE_WORDS = ('"parcels"', "'parcels'", "JSON object", "Field '", "ចន្លោះ '", "{", "__all__")


@pytest.fixture(autouse=True)
def plot():
    r1_plot()


def sent(client, lang="en", **changed):
    answer = client.post(f"/permits/?lang={lang}", {**TYPED, **changed})
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize(
    ("changed", "name", "english"),
    [
        ({"parcels": ""}, "parcels", "Name the parcel: type its number, or pick it on the map."),
        ({"parcels": " , ,"}, "parcels", "Name the parcel"),
        ({"parcels": "P-404"}, "parcels", "P-404"),
        ({"parcels": "P-1, P-1"}, "parcels", "P-1 is named twice"),
        ({"use_1": "", "floor_area_1": "", "dwellings_1": ""}, "use_1", "Choose what the building"),
        ({"use_1": ""}, "use_1", "Choose the use these numbers belong to"),
        ({"floors": "0"}, "floors", "a building has at least 1"),
        ({"floors": "2.5"}, "floors", "2.5 is not a whole number"),
        ({"height_m": "4000"}, "height_m", "does not lie between 0 and 1,000"),
        ({"height_m": "0"}, "height_m", "Leave out what is not known yet"),
        ({"height_m": "tall"}, "height_m", "number"),
        ({"footprint_area_m2": "0"}, "footprint_area_m2", "a building has at least 1"),
        ({"floor_area_1": "0"}, "floor_area_1", "a building has at least 1"),
        ({"dwellings_1": "0"}, "dwellings_1", "a building has at least 1"),
        ({"dwellings_1": "1.5"}, "dwellings_1", "1.5 is not a whole number"),
        ({"use_2": "office", "floor_area_2": "0"}, "floor_area_2", "a building has at least 1"),
        ({"use_3": "office", "floor_area_3": "0"}, "floor_area_3", "a building has at least 1"),
        ({"use_1": "mall", "dwellings_1": ""}, "use_1", "has more than 3,000 m² of floor area"),
        ({"parking_motorbikes": "-1"}, "parking_motorbikes", "0"),
    ],
)
def test_a_mistake_is_told_beside_its_field_in_both_languages(client, changed, name, english):
    status, page = sent(client, **changed)
    assert status == 400
    assert english in re.sub(r"&#x27;|&quot;", "'", page)
    errors = re.search(rf'name="{name}".*?<ul class="errorlist".*?</ul>', page, re.S)
    assert errors, page
    assert errors.group(0).count(" name=") <= 1 or "<option" in errors.group(0)
    khmer_status, khmer = sent(client, "km", **changed)
    assert khmer_status == 400
    [told, *_more] = re.findall(r'<ul class="errorlist".*?</ul>', khmer, re.S)
    assert re.search("[\u1780-\u17ff]", told), told


@pytest.mark.parametrize("lang", ["km", "en"])
@pytest.mark.parametrize("changed", [{"parcels": ""}, {"parcels": "P-404"}, {"floors": "0"}])
def test_no_sentence_of_the_form_speaks_like_a_program(client, lang, changed):
    _status, page = sent(client, lang, **changed)
    told = " ".join(re.findall(r'<ul class="errorlist".*?</ul>', page, re.S))
    assert told
    assert not [word for word in MACHINE_WORDS if word in told]


@pytest.mark.parametrize("changed", [{"parcels": ""}, {"floors": "0"}, {"height_m": "tall"}])
def test_nothing_typed_is_lost(client, changed):
    typed = {
        **TYPED,
        "parking_motorbikes": "7",
        "demolished": "B-1",
        "clears_plot": "on",
        **changed,
    }
    page = client.post("/permits/?lang=en", typed).content.decode()
    for name, value in typed.items():
        if value and not name.startswith("use_") and name != "clears_plot":
            assert f'name="{name}" value="{value}"' in page, name
    assert 'value="dwelling_single" selected' in page
    assert re.search(r'name="clears_plot"[^>]*checked', page)
    assert "What you typed is kept below." in page


def test_what_the_form_states_of_buildings_on_the_plot_reaches_the_check(client):
    shed = building("B-1", rectangle(40, 40, 5, 10), 1)
    buildings_on(square(0, 0, 100), shed)
    small = {"footprint_area_m2": "110"}
    assert "what stays: B-1" in sent(client, **small)[1]
    assert "what stays" not in sent(client, demolished="B-1", **small)[1]
    assert "Nothing else stays on the plot, as stated." in sent(client, clears_plot="on")[1]
    status, page = sent(client, demolished="B-9", **small)
    assert status == 400
    assert "No building B-9 stands on the plot. On the plot stand: B-1." in page


def test_an_empty_row_between_two_uses_does_not_move_an_error_to_the_wrong_row():
    typed = {**TYPED, "use_3": "office", "floor_area_3": "0"}
    form = PermitForm(typed)
    assert form.is_valid()
    uses = form.application()["proposal"]["uses"]
    assert [use["class"] for use in uses] == ["dwelling_single", "office"]


def test_an_application_file_needs_no_field_of_the_form(client):
    content = json.dumps(application()).encode()
    upload = SimpleUploadedFile("a.json", content, content_type="application/json")
    assert client.post("/permits/", {"file": upload}).status_code == 200


def test_a_mistake_in_a_file_is_told_above_the_form_and_names_the_field_of_the_file(client):
    content = json.dumps(application(proposal={"floors": 0})).encode()
    upload = SimpleUploadedFile("a.json", content, content_type="application/json")
    page = client.post("/permits/?lang=en", {"file": upload})
    assert page.status_code == 400
    assert "&#x27;floors&#x27; of the proposal: 0 is not possible" in page.content.decode()
