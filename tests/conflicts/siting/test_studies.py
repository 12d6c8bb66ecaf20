"""A study is asked, answered, kept and shown as layers: all of it or nothing."""

import json

import numpy as np
import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client

from conflicts.siting import publication, services
from conflicts.siting.models import SitingStudy
from conflicts.siting.question import SitingQuestion
from conflicts.siting.services import ask, carry_out
from conflicts.siting.vocab import Criterion, Siting
from layers.errors import RunCancelledError
from layers.models import Feature, Layer, Run
from layers.runs import request_cancel
from layers.vocab import RunState
from tests.conflicts.ground import find, rule_data, rulebook
from tests.conflicts.siting.ground import city
from tests.factories import NORTH, feature, filled_layer, line, rectangle, square

pytestmark = pytest.mark.django_db

SCHOOL = feature("SCHOOL", square(600, 600, 40), "school")
HECTARE = 10_000.0


def asked(*rules, use="landfill", area_m2=HECTARE, **question):
    book = rulebook(*(rules or [rule_data()]))
    return ask(question=SitingQuestion(use=use, area_m2=area_m2, **question), book=book)


def planner(*codes):
    user = User.objects.create_user("sokha", password="krong-trial-1")
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes))
    client = Client()
    client.force_login(user)
    return client


def areas_of(slug="siting-landfill"):
    return Feature.objects.filter(layer__slug=slug, retired_in=None)


# What is kept


def test_a_study_keeps_question_answer_rule_book_and_the_versions_of_the_layers():
    city(SCHOOL)

    kept = carry_out(asked(limits={Criterion.ROAD: 500.0}))

    kept.refresh_from_db()
    assert kept.run.state == RunState.SUCCEEDED
    assert SitingQuestion.from_json(kept.question).limits == {Criterion.ROAD: 500.0}
    assert kept.data_versions["facilities"] == 1
    assert sum(kept.result["areas_m2"].values()) >= 1_200**2


def test_the_ground_of_the_city_is_shared_out_among_the_four_verdicts():
    city(SCHOOL)

    kept = carry_out(asked())

    shapes = areas_of()
    by_verdict = dict.fromkeys(Siting, 0.0)
    for area in shapes:
        by_verdict[Siting(area.properties["siting"])] += area.geometry.area
    assert by_verdict == pytest.approx(kept.result["areas_m2"])
    # 200 m around a square of 40 m: 40² + 4·40·200 + π·200² = 159,264 m²; its rim is conditional
    assert by_verdict[Siting.FORBIDDEN] == pytest.approx(159_264, rel=0.1)
    assert by_verdict[Siting.FORBIDDEN] < 159_264
    assert by_verdict[Siting.FORBIDDEN] + by_verdict[Siting.CONDITIONAL] > 159_264


def test_each_piece_of_forbidden_ground_names_the_rule_and_what_it_rests_on():
    city(SCHOOL)

    carry_out(asked())

    forbidden = [area for area in areas_of() if area.properties["siting"] == "forbidden"]
    assert {(area.properties["rule"], area.properties["basis"]) for area in forbidden} == {
        ("T-01", "demo_value")
    }


def test_the_sites_are_a_layer_too_by_rank():
    city(SCHOOL)

    kept = carry_out(asked())

    sites = areas_of("siting-landfill-sites").order_by("stable_id")
    assert [site.properties["rank"] for site in sites] == list(range(1, 11))
    assert [each["rank"] for each in kept.result["sites"]] == list(range(1, 11))
    assert all(site.geometry.area == pytest.approx(HECTARE) for site in sites)


def test_both_layers_are_for_the_office_only():
    city(SCHOOL)

    carry_out(asked())

    layers = Layer.objects.filter(slug__startswith="siting-")
    assert {layer.visibility for layer in layers} == {"internal"}


def test_a_second_study_takes_the_place_of_the_first_and_the_first_stays_in_history():
    city(SCHOOL)
    carry_out(asked())

    carry_out(asked(area_m2=4 * HECTARE))

    layer = Layer.objects.get(slug="siting-landfill-sites")
    assert layer.published_number == 2
    assert {round(site.geometry.area) for site in areas_of(layer.slug)} == {40_000}


def test_no_rule_bites_on_the_layers_of_a_study():
    city(SCHOOL)
    carry_out(asked())

    assert find(rule_data()) == []


def test_ground_of_many_cells_is_cut_into_pieces_that_add_up(monkeypatch):
    city(SCHOOL)
    whole = carry_out(asked()).result["areas_m2"]

    monkeypatch.setattr(publication, "BLOCK_CELLS", 7)
    carry_out(asked(area_m2=2 * HECTARE))

    assert areas_of().count() > 500
    assert sum(a.geometry.area for a in areas_of()) == pytest.approx(sum(whole.values()))


# What goes wrong leaves nothing behind


def test_a_study_that_fails_at_the_end_publishes_nothing(monkeypatch):
    city(SCHOOL)
    kept = asked()

    def breaks(*_args):
        raise RuntimeError("disk full")

    monkeypatch.setattr(services, "result_data", breaks)
    with pytest.raises(RuntimeError), transaction.atomic():
        carry_out(kept)

    assert not Layer.objects.filter(slug__startswith="siting-").exists()
    assert SitingStudy.objects.get(pk=kept.pk).result is None


@pytest.mark.django_db(transaction=True)
def test_a_study_that_is_asked_to_stop_publishes_nothing():
    city(SCHOOL)
    kept = asked()
    request_cancel(kept.run)

    with pytest.raises(RunCancelledError):
        carry_out(kept)

    assert Run.objects.get(pk=kept.run.pk).state == RunState.CANCELLED
    assert not Layer.objects.filter(slug__startswith="siting-").exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("held", [
    "SELECT 1 FROM layers_layer WHERE slug = 'facilities' FOR UPDATE",
    "UPDATE layers_layer SET slug = slug WHERE slug = 'none yet'",  # as who adds a layer does
])  # fmt: skip
def test_a_study_waits_for_whoever_publishes_and_reads_what_they_left(held):
    city(SCHOOL)
    kept = asked()
    other = connections.create_connection("default")
    other.set_autocommit(False)
    with other.cursor() as cursor:
        cursor.execute(held)
    told = []

    def listening(_share, message):
        told.append(message)
        if message.startswith("Waiting"):
            other.rollback()

    carry_out(kept, on_progress=listening)

    other.close()
    assert told.count("Waiting for a publication to end") == 1
    assert kept.run.state == RunState.SUCCEEDED


# What sites are ranked by


def test_the_site_nearest_to_the_road_is_first_when_only_roads_count():
    city(SCHOOL)
    filled_layer("roads", feature("R", line((0, 1_100), (1_200, 1_100))), theme="transport")
    weights = dict.fromkeys(Criterion, 0.0) | {Criterion.ROAD: 1.0}

    kept = carry_out(asked(weights=weights))

    best = kept.result["sites"][0]
    # its cells of 5 m: the road runs through the square of 100 m, 50 m from its middle at most
    assert best["values"]["road"] <= 30
    assert best["score"] == 1.0


def test_only_land_of_the_state_passes_when_all_of_it_must_be():
    city(SCHOOL)
    filled_layer(
        "parcels",
        feature("STATE", rectangle(0, 0, 400, 300), tenure="state_public"),
        feature("OWN", rectangle(400, 0, 800, 1_200), tenure="private"),
        theme="cadastre",
    )

    kept = carry_out(asked(limits={Criterion.PUBLIC_LAND: 1.0}))

    assert kept.result["sites"]
    for site in areas_of("siting-landfill-sites"):
        assert site.properties["public_land"] == 1.0
        assert square(0, 0, 400).buffer(0.1).bounds[2] >= site.geometry.extent[2]


def test_what_lies_in_no_parcel_is_of_unknown_tenure_and_no_site_when_that_counts():
    city(SCHOOL)
    filled_layer("parcels", feature("P", square(0, 0, 50), tenure="state_public"),
                 theme="cadastre")  # fmt: skip

    kept = carry_out(asked(limits={Criterion.PUBLIC_LAND: 0.0}))

    assert kept.result["sites"] == []


def test_a_criterion_no_layer_tells_is_said_to_be_unmeasured():
    city(SCHOOL)

    kept = carry_out(asked())

    assert kept.result["criteria"]["road"] == {"is_measured": False, "layers": []}
    assert kept.result["criteria"]["slope"]["is_measured"] is False
    assert kept.result["sites"][0]["values"].keys() == {"hazard", "built"}


def test_ground_that_is_built_on_is_no_site_when_none_of_it_may_be():
    city(SCHOOL)
    filled_layer("buildings", feature("HALL", rectangle(0, 0, 1_200, 900)), theme="cadastre")

    kept = carry_out(asked(area_m2=4 * HECTARE, limits={Criterion.BUILT: 0.0}))

    assert kept.result["sites"]
    assert kept.result["criteria"]["built"]["layers"] == ["buildings", "facilities"]
    for site in areas_of("siting-landfill-sites"):
        assert site.geometry.extent[1] >= NORTH + 900
        assert site.properties["built"] == 0.0


def test_an_older_study_leads_to_no_site_of_a_newer_one():
    city(SCHOOL)
    older, newer = carry_out(asked()), carry_out(asked(area_m2=4 * HECTARE))
    client = planner("study_siting")

    old_page = client.get(f"/siting/{older.pk}/?lang=en").content.decode()

    assert "A newer study of this use is on the map" in old_page
    assert "siting-landfill-sites/S01" not in old_page
    assert "siting-landfill-sites/S01" in client.get(f"/siting/{newer.pk}/").content.decode()


def test_a_layer_that_came_since_is_named_among_those_that_changed():
    city(SCHOOL)
    kept = carry_out(asked())
    filled_layer("wells", feature("W", square(0, 0, 5), "school"))

    page = planner("study_siting").get(f"/siting/{kept.pk}/?lang=en").content.decode()

    assert "have changed since: wells" in page


def test_the_page_says_what_was_asked_and_of_which_data():
    city(SCHOOL)
    kept = carry_out(asked(area_m2=5_000.0))

    page = planner("study_siting").get(f"/siting/{kept.pk}/?lang=en").content.decode()

    assert "0.50 ha" in page
    assert "facilities v1" in page


# The shell and the pages


def test_the_command_tells_the_areas_and_the_sites(capsys):
    city(SCHOOL)
    rulebook(rule_data())

    call_command("siting", "landfill", "--rulebook", "test-book", "--area-ha", "2", "--json")

    told = json.loads(capsys.readouterr().out)
    assert told["areas_m2"]["forbidden"] > 100_000
    assert len(told["sites"]) == 10


def test_a_planner_asks_and_reads_where_it_may_go(settings):
    settings.TASKS = {"default": {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}}
    city(SCHOOL)
    book = rulebook(rule_data())
    client = planner("study_siting")
    weights = {f"weight_{criterion}": 1 for criterion in Criterion}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transaction, "on_commit", lambda act, **_how: act())
        sent = client.post(
            "/siting/", {"use": "landfill", "area_ha": 1, "rulebook": book.pk, **weights}
        )

    page = client.get(sent.url, {"lang": "en"}).content.decode()
    assert "Where may it go: landfill" in page
    assert 'data-siting="forbidden"' in page
    assert 'data-site="10"' in page
    assert "T-01" in page


def test_the_page_says_which_layers_have_changed_since():
    city(SCHOOL)
    kept = carry_out(asked())
    client = planner("study_siting")
    assert "have changed since" not in client.get(f"/siting/{kept.pk}/?lang=en").content.decode()

    from layers.services import publish_features

    layer = Layer.objects.get(slug="facilities")
    publish_features(layer=layer, features=[feature("S2", square(0, 0, 10), "school")])

    page = client.get(f"/siting/{kept.pk}/?lang=en").content.decode()
    assert "have changed since: facilities" in page


def test_who_has_no_right_to_ask_gets_neither_form_nor_answer():
    city(SCHOOL)
    kept = carry_out(asked())
    client = planner()

    for address in ("/siting/", f"/siting/{kept.pk}/", f"/siting/{kept.pk}.json"):
        assert client.get(address).status_code == 403
    assert client.post("/siting/", {"use": "landfill"}).status_code == 403
    assert client.post(f"/siting/{kept.pk}/cancel").status_code == 403


def test_a_question_filled_in_badly_is_shown_again_with_what_is_wrong():
    city(SCHOOL)
    rulebook(rule_data())
    client = planner("study_siting")

    page = client.post("/siting/?lang=en", {"use": "castle", "area_ha": -3})

    assert page.status_code == 200
    assert page.content.decode().count("errorlist") >= 2
    assert not SitingStudy.objects.exists()


def test_a_study_that_is_not_there_is_a_404():
    assert planner("study_siting").get("/siting/99/").status_code == 404


def test_the_json_holds_the_whole_answer():
    city(SCHOOL)
    kept = carry_out(asked())

    told = planner("study_siting").get(f"/siting/{kept.pk}.json").json()

    assert told["result"] == kept.result
    assert np.isclose(told["result"]["cell_m"], 5.0)
