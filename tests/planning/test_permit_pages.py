import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.translation import override

from planning.forms import NumberField, PermitForm
from planning.models import ComplianceRun
from tests.planning.city import application, r1_plot

pytestmark = pytest.mark.django_db

TYPED = {
    "parcels": "P-1",
    "use_1": "dwelling_single",
    "floor_area_1": "300",
    "dwellings_1": "1",
    "floors": "2",
    "height_m": "8.5",
    "basement_depth_m": "0",
    "footprint_area_m2": "160",
    "green_area_m2": "95",
    "parking_cars": "1",
}


@pytest.fixture(autouse=True)
def plot():
    r1_plot()


def test_the_form_answers_without_login_and_keeps_nothing(client):
    page = client.post("/permits/?lang=en", TYPED)
    text = page.content.decode()
    assert page.status_code == 200
    assert "53.33" in text
    assert "-3.33 percentage points" in text
    assert "not compliant" in text
    assert "Nothing was kept." in text
    assert not ComplianceRun.objects.exists()


def test_the_page_says_what_was_not_checked(client):
    text = client.post("/permits/?lang=en", TYPED).content.decode()
    assert "Heights near the airport, access and utilities." in text


def test_the_page_is_khmer_first(client):
    text = client.post("/permits/", TYPED).content.decode()
    assert "មិនអនុលោម" in text
    assert "not compliant" not in text


def test_who_is_signed_in_keeps_the_run_and_can_open_it_again(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("officer"))
    answer = client.post("/permits/?lang=en", TYPED)
    run = ComplianceRun.objects.get()
    assert answer["Location"] == f"/permits/{run.pk}/"
    assert run.created_by.username == "officer"
    assert "53.33" in client.get(answer["Location"]).content.decode()
    assert f"/permits/{run.pk}/" in client.get("/permits/").content.decode()


def test_a_stored_run_is_shown_to_no_one_without_login(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("officer"))
    address = client.post("/permits/", TYPED)["Location"]
    client.logout()
    assert client.get(address).status_code == 302
    assert address not in client.get("/permits/").content.decode()


def test_a_stored_run_says_the_same_in_json(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("officer"))
    address = client.post("/permits/", TYPED)["Location"]
    found = client.get(address, headers={"accept": "application/json"}).json()
    assert found == ComplianceRun.objects.get().results


def test_a_run_that_does_not_exist_is_not_found(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("officer"))
    assert client.get("/permits/99/").status_code == 404


def test_khmer_digits_and_a_decimal_comma_are_read(client):
    typed = {**TYPED, "height_m": "៨,៥", "footprint_area_m2": "១៦០"}
    text = client.post("/permits/?lang=en", typed).content.decode()
    assert "53.33" in text
    assert "8.5" in text


@pytest.mark.parametrize("typed", ["1,000", "1.000", "១.០០០"])
def test_a_mark_that_could_mean_thousands_is_asked_back_in_khmer(client, typed):
    page = client.post("/permits/", {**TYPED, "footprint_area_m2": typed})
    assert page.status_code == 400
    assert "ទសភាគ ឬខ្ទង់ពាន់" in page.content.decode()


@pytest.mark.parametrize(("language", "typed"), [("km", "1\u00a0160,5"), ("en", "1,160.5")])
def test_an_area_is_read_as_the_pages_of_that_language_write_it(client, language, typed):
    with override(language):
        form = PermitForm({**TYPED, "footprint_area_m2": typed})
        assert form.is_valid()
    assert form.application()["proposal"]["footprint_area_m2"] == 1160.5


@pytest.mark.parametrize(
    ("typed", "number"),
    [("", None), ("០", 0), ("1.5", 1.5), ("1,5", 1.5), ("1 200", 1200), (None, None)],
)
def test_a_number_is_read_as_it_is_written(typed, number):
    assert NumberField(required=False).clean(typed) == number


def test_an_empty_field_states_nothing_and_a_zero_states_zero():
    form = PermitForm({**TYPED, "height_m": "", "basement_depth_m": "0"})
    assert form.is_valid()
    proposal = form.application()["proposal"]
    assert "height_m" not in proposal
    assert proposal["basement_depth_m"] == 0


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"parcels": "P-99"}, "P-99"), ({"use_1": ""}, "Choose the use these numbers belong to"),
     ({"use_1": "", "floor_area_1": "", "dwellings_1": ""}, "Choose what the building is used for"),
     ({"floors": "2.5"}, "not a whole number")],
)  # fmt: skip
def test_what_cannot_be_checked_is_said_on_the_form_and_stays_typed(client, changed, sentence):
    page = client.post("/permits/?lang=en", {**TYPED, **changed})
    text = page.content.decode()
    assert page.status_code == 400
    assert sentence in text
    assert 'value="95"' in text


def test_a_negative_number_is_refused_on_the_form(client):
    assert client.post("/permits/", {**TYPED, "height_m": "-1"}).status_code == 400


def test_an_uploaded_application_is_checked(client):
    content = json.dumps(application()).encode()
    upload = SimpleUploadedFile("a.json", content, content_type="application/json")
    text = client.post("/permits/?lang=en", {"file": upload}).content.decode()
    assert "CP-1" in text
    assert "53.33" in text


def test_a_file_that_is_no_json_is_refused_with_the_line(client):
    upload = SimpleUploadedFile("a.json", b"{\n oops", content_type="application/json")
    page = client.post("/permits/?lang=en", {"file": upload})
    assert page.status_code == 400
    assert "line 2" in page.content.decode()


def test_a_program_asks_in_json_and_nothing_is_kept(client):
    answer = client.post("/permits/check.json", application(), content_type="application/json")
    assert answer.json()["outcome"] == "not_compliant"
    assert not ComplianceRun.objects.exists()


def test_a_program_is_told_in_json_what_is_wrong(client):
    answer = client.post(
        "/permits/check.json", application(surprise=1), content_type="application/json"
    )
    assert answer.status_code == 400
    assert "'surprise'" in answer.json()["error"]["what"]


def test_text_from_an_application_is_never_markup(client):
    content = json.dumps(application(reference="<script>x</script>")).encode()
    upload = SimpleUploadedFile("a.json", content, content_type="application/json")
    assert "<script>x" not in client.post("/permits/", {"file": upload}).content.decode()
