"""The pages of services: a planner asks, waits, reads, downloads; others are kept out."""

import csv
import io

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.services import ask
from layers.models import Run
from layers.vocab import RunState
from tests.conflicts.service_study.ground import city, home, kept_study, market
from tests.factories import land_use

pytestmark = pytest.mark.django_db
ASKED = {"people_from": "best", "access_m": "100", "tolerance_m": "1"}


def planner(*codes):
    user = User.objects.create_user("sokha", password="krong-trial-1")
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def studying():
    return planner("study_services")


def text_of(page):
    assert page.status_code == 200
    return page.content.decode()


def test_only_who_may_study_services_sees_the_pages():
    stranger = planner()
    for address in ("/services/", "/services/1/", "/services/1.json", "/services/1.csv"):
        assert stranger.get(address).status_code == 403
        assert Client().get(address).status_code == 401


def test_the_menu_offers_services_to_who_may_study_them(studying):
    assert 'href="/services/"' in text_of(studying.get("/services/?lang=en"))
    assert 'href="/services/"' not in text_of(Client().get("/?lang=en", follow=True))


def test_a_question_that_is_filled_in_well_is_asked(studying):
    city(home(1, 100), services=[market(100)])

    page = studying.post("/services/", {**ASKED, "services": ["market"], "growth": ""})

    [kept] = ServiceStudy.objects.all()
    assert page["Location"] == f"/services/{kept.pk}/"
    assert kept.question["services"] == ["market"]
    assert kept.asked_by.username == "sokha"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"people_from": "stated"}, "go together"),
        ({"people_from": "stated", "people": "500"}, "without its source"),
        ({"growth": "2"}, "a share a year and a number of years"),
        ({"growth": "2", "years": "10"}, "without its source"),
        ({"access_m": "0"}, "greater than or equal to 1"),
        ({"services": ["castle"]}, "castle"),
    ],
)
def test_numbers_that_do_not_go_together_are_refused_on_the_form(studying, given, said):
    page = studying.post("/services/?lang=en", ASKED | given)
    assert said in text_of(page)
    assert not ServiceStudy.objects.exists()


def test_growth_is_typed_in_percent(studying):
    studying.post(
        "/services/", {**ASKED, "growth": "2", "years": "10", "growth_source": "own estimate"}
    )
    assert ServiceStudy.objects.get().question["growth"] == pytest.approx(0.02)


def test_a_study_that_waits_says_so_and_looks_again(studying):
    kept = ask(question=ServiceQuestion(services=("market",)))
    page = studying.get(f"/services/{kept.pk}/?lang=en")
    assert page["Refresh"] == "3"
    assert "Waiting for the worker" in text_of(page)


def test_a_waiting_study_can_be_cancelled(studying):
    kept = ask(question=ServiceQuestion(services=("market",)))
    studying.post(f"/services/{kept.pk}/cancel")
    assert Run.objects.get(pk=kept.run_id).cancel_requested_at is not None


def test_a_refused_study_says_why_in_the_readers_language(studying):
    kept = ask(question=ServiceQuestion(services=("market",)))
    Run.objects.filter(pk=kept.run_id).update(state=RunState.FAILED, message="It broke.")
    assert "It broke." in text_of(studying.get(f"/services/{kept.pk}/?lang=en"))


def test_the_page_tells_shares_gaps_and_what_the_standard_rests_on(studying):
    city(home(1, 100, people=6_000), home(2, 1_920, people=6_000), services=[market(100)])
    kept = kept_study("market")

    said = text_of(studying.get(f"/services/{kept.pk}/?lang=en"))

    for part in (
        "50.0 %", "does not comply", "Foreign reference value, not Cambodian law.", "West", "East",
        "people recorded for each residential building", "800 m²",
    ):  # fmt: skip
        assert part in said, part
    assert f'href="/map/?layer={kept.result["layers"][0]}"' in said


def test_what_cannot_be_told_is_given_as_at_most(studying):
    layers = city(home(1, 100, people=10_000), services=[market(100)])
    layers["facilities"].surveyed_areas.all().delete()
    kept = kept_study("market")
    assert "at most 400 m²" in text_of(studying.get(f"/services/{kept.pk}/?lang=en"))


def test_without_people_and_streets_the_page_says_what_that_means(studying):
    city(home(1, 100), services=[market(100)], streets=())
    kept = kept_study("market")
    said = text_of(studying.get(f"/services/{kept.pk}/?lang=en"))
    assert "residential buildings are counted" in said
    assert "ways are straight lines, which flatter" in said


def test_the_page_in_khmer_names_sangkats_and_services_in_khmer(studying):
    city(home(1, 100), services=[market(100)], west={"name_km": "លិច"})
    kept = kept_study("market")
    said = text_of(studying.get(f"/services/{kept.pk}/?lang=km"))
    assert "លិច" in said
    assert "ផ្សារ" in said


def test_a_study_says_which_layers_have_changed_since(studying):
    layers = city(home(1, 100), services=[market(100)])
    kept = kept_study("market")
    address = f"/services/{kept.pk}/?lang=en"
    assert "have changed since" not in text_of(studying.get(address))

    layers["facilities"].refresh_from_db()
    type(layers["facilities"]).objects.filter(slug="facilities").update(published_number=2)

    assert "have changed since: facilities" in text_of(studying.get(address))


def test_an_older_study_says_that_a_newer_one_is_on_the_map(studying):
    city(home(1, 100), services=[market(100)])
    older = kept_study("market")
    kept_study("market")
    said = text_of(studying.get(f"/services/{older.pk}/?lang=en"))
    assert "A newer study is on the map." in said
    assert "/map/?layer=service-market" not in said


def test_the_tables_are_a_file_that_adds_up(studying):
    city(home(1, 100, people=6_000), home(2, 1_920, people=6_000), services=[market(100)])
    kept = kept_study("market")

    page = studying.get(f"/services/{kept.pk}.csv")

    rows = list(csv.DictReader(io.StringIO(page.content.decode("utf-8-sig"))))
    covered = [r for r in rows if r["measure"] == "coverage" and r["horizon"] == "today"]
    by_area = {row["area"]: float(row["not_served"]) for row in covered}
    assert by_area == {"city": 6_000, "S-1": 0, "S-2": 6_000}
    [short] = [
        r for r in rows if (r["area"], r["measure"], r["horizon"]) == ("city", "area", "today")
    ]
    assert float(short["short"]) == pytest.approx(800)
    assert {row["source"] for row in rows} == {"[S23]"}


def test_a_study_without_an_answer_has_no_table_yet(studying):
    kept = ask(question=ServiceQuestion(services=("market",)))
    assert studying.get(f"/services/{kept.pk}.csv").status_code == 404


def test_a_study_that_never_was_is_not_found(studying):
    assert studying.get("/services/4711/").status_code == 404


def test_programs_get_the_study_as_data(studying):
    city(home(1, 100), services=[market(100)])
    kept = kept_study("market")
    told = studying.get(f"/services/{kept.pk}.json").json()
    assert told["state"] == "succeeded"
    assert told["result"]["services"][0]["code"] == "market"


@pytest.mark.parametrize(("service", "is_told"), [("fire_station", True), ("market", False)])
def test_by_car_the_page_says_what_could_make_the_way_longer(studying, service, is_told):
    land_use("fire_station")
    city(home(1, 100), services=[market(100)])
    kept = kept_study(service)

    page = text_of(studying.get(f"/services/{kept.pk}/?lang=en"))

    assert ("one-way streets or closures that nobody recorded" in page) == is_told
