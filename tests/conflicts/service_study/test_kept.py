"""A study is asked, carried out, kept and shown as layers: all of it or nothing."""

import json

import pytest
import shapely
from django.core.management import call_command
from django.db import connections, transaction
from django.utils.translation import override

from conflicts.service_study import publication, services
from conflicts.service_study.ground import is_of_buildings, is_of_streets, level_of
from conflicts.service_study.models import ServiceStudy
from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.services import ask, carry_out
from conflicts.service_study.standards import standards
from conflicts.service_study.tasks import carry_out_service_study
from conflicts.service_study.vocab import Catchment, Measure
from layers.classes import read_table
from layers.errors import RunCancelledError
from layers.legend import SHOWN_FIRST, theme_of
from layers.models import Feature, Layer, Run
from layers.property_names import property_value
from layers.runs import request_cancel
from layers.vocab import Basis, RunState
from tests.conflicts.ground import find, rule_data
from tests.conflicts.service_study.ground import city, home, kept_study, market
from tests.factories import feature, filled_layer, line, square

pytestmark = pytest.mark.django_db
HOMES = (home(1, 120), home(2, 520), home(3, 1_920))


def squares_of(code="market"):
    named = {"layer__slug": publication.layer_slug(code), "retired_in": None}
    return list(Feature.objects.filter(**named).order_by("stable_id"))


def test_a_study_keeps_question_answer_and_the_versions_of_the_layers():
    city(*HOMES, services=[market(100)])

    kept = kept_study("market")

    kept.refresh_from_db()
    assert kept.run.state == RunState.SUCCEEDED
    assert kept.data_versions["buildings"] == 1
    assert kept.result["homes"] == {"today": 3, "planned": 3}
    assert kept.result["layers"] == ["service-market"]
    [whole] = [a for a in kept.result["services"][0]["areas"] if a["area"] == "city"]
    assert whole["coverage"]["served"] == 2
    assert whole["coverage"]["answer"] == "fails"


def test_the_names_of_the_sangkats_are_kept_in_both_languages():
    city(*HOMES, west={"name_km": "លិច"})
    names = kept_study("market").result["areas"]
    assert [(each["id"], each["km"], each["en"]) for each in names] == [
        ("S-1", "លិច", "West"),
        ("S-2", "S-2", "East"),
    ]


def test_each_square_with_homes_says_how_many_are_not_served():
    city(*HOMES, services=[market(100)])

    kept_study("market")

    squares = squares_of()
    assert [each.properties["coverage"] for each in squares].count("not_served") == 1
    assert sum(each.properties["total"] for each in squares) == 3
    assert sum(each.properties["not_served"] for each in squares) == 1
    assert all(each.geometry.area == pytest.approx(50 * 50) for each in squares)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["not served", "cannot tell", "one average household in each residential building"]),
        ("km", ["មិនបានទទួលសេវា", "មិនអាចដឹងបាន"]),
    ],
)
def test_a_square_is_read_in_words_and_not_in_codes(language, words):
    coded = {
        "coverage": "not_served", "coverage_planned": "cannot_tell", "counted": "households"
    }  # fmt: skip
    with override(language):
        read = [property_value(name, code, {}) for name, code in coded.items()]
    assert read[: len(words)] == words
    assert not set(read) & set(coded.values())


def test_each_home_lies_in_its_square():
    city(*HOMES, services=[market(100)])
    kept_study("market")
    whole = shapely.union_all([shapely.from_wkb(bytes(s.geometry.wkb)) for s in squares_of()])
    assert all(whole.covers(shapely.centroid(each.geometry)) for each in HOMES)


def test_the_mean_way_of_those_served_is_told():
    # 20 m to the street, 20 m along it, 10 m to the door
    city(home(1, 120), services=[market(100)])
    kept_study("market")
    [square_] = squares_of()
    assert square_.properties["way_m"] == pytest.approx(50)
    assert square_.properties["basis"] == "foreign_reference"


def test_what_a_planned_service_will_cure_is_in_the_same_square():
    city(home(1, 1_920), services=[market(100), market(1_800, "M2", "planned")])
    kept_study("market")
    [square_] = squares_of()
    assert square_.properties["coverage"] == "not_served"
    assert square_.properties["coverage_planned"] == "served"


def test_squares_grow_until_they_are_few_enough(monkeypatch):
    monkeypatch.setattr(publication, "MOST_SQUARES", 2)
    city(*HOMES, services=[market(100)])
    assert kept_study("market").result["square_m"] == 1_000
    assert len(squares_of()) == 2


def test_the_layers_are_for_the_office_only_and_no_rule_asks_them():
    city(*HOMES, services=[market(100)])
    kept_study("market")
    assert Layer.objects.get(slug="service-market").visibility == "internal"
    assert find(rule_data()) == []


def test_the_layers_of_a_study_wait_in_the_tree_until_someone_asks_for_them():
    city(*HOMES, services=[market(100)])
    kept_study("market")
    theme = theme_of(Layer.objects.get(slug="service-market"))
    assert theme.code == "coverage"
    assert theme.code not in SHOWN_FIRST


def test_a_second_study_does_not_study_the_first():
    city(*HOMES, services=[market(100)])
    first, second = kept_study("market"), kept_study("market")
    assert first.result["services"] == second.result["services"]
    assert Layer.objects.get(slug="service-market").published_number == 1


def test_a_study_that_fails_at_the_end_publishes_nothing(monkeypatch):
    city(*HOMES, services=[market(100)])
    kept = ask(question=ServiceQuestion(services=("market",)))

    def breaks(*_args):
        raise RuntimeError("disk full")

    monkeypatch.setattr(services, "result_data", breaks)
    with pytest.raises(RuntimeError), transaction.atomic():
        carry_out(kept)

    assert not Layer.objects.filter(slug="service-market").exists()
    assert ServiceStudy.objects.get(pk=kept.pk).result is None


@pytest.mark.django_db(transaction=True)
def test_a_study_stops_when_someone_asks_it_to():
    city(*HOMES, services=[market(100)])
    kept = ask(question=ServiceQuestion(services=("market",)))
    request_cancel(kept.run)

    with pytest.raises(RunCancelledError):
        carry_out(kept)

    assert Run.objects.get(pk=kept.run_id).state == RunState.CANCELLED
    assert not Layer.objects.filter(slug="service-market").exists()
    connections.close_all()


def test_the_worker_says_of_a_study_that_is_gone_that_it_is_gone():
    assert carry_out_service_study.func(4_711) == "gone"


def test_the_worker_writes_down_what_a_planner_can_put_right():
    city(home(1, 100, people=3), home(2, 200))
    kept = ask(question=ServiceQuestion(services=("market",), people_from="recorded"))
    assert "not known that way" in carry_out_service_study.func(kept.pk)
    assert Run.objects.get(pk=kept.run_id).state == RunState.FAILED


def test_the_command_answers_in_json(capsys):
    city(*HOMES, services=[market(100)])
    call_command("services", "market", "--json")
    told = json.loads(capsys.readouterr().out)
    assert told["people_from"] == "buildings"
    assert told["services"][0]["sites"] == 1
    assert told["data_versions"]["roads"] == 1


def test_the_command_tells_shares_and_shortages(capsys):
    city(home(1, 100, people=6_000), home(2, 1_920, people=6_000), services=[market(100)])
    call_command("services", "market")
    said = capsys.readouterr().out
    assert "Market, today: fails, served 50.0 %" in said
    # 12,000 people at 0.2 m² are 2,400 m²; the market has 1,600 m²
    assert "Market, today, area: fails, short 800" in said


def test_a_bridge_in_the_data_does_not_meet_the_street_below():
    below = feature("ST-1", line((0, 0), (2_000, 0)), "TR")
    bridge = feature("ST-2", line((1_000, -150), (1_000, 150)), "TR", bridge="yes")
    by_bridge = feature("M1", square(1_005, -150, 20), "market")
    city(home(1, 100), services=[by_bridge], streets=[below, bridge])
    [today, _planned] = kept_study("market").result["services"]
    assert today["areas"][0]["coverage"]["not_served"] == 1


@pytest.mark.parametrize(
    ("layer", "bridge", "tunnel", "level"),
    [
        (None, None, None, 0), ("2", "yes", None, 2), (None, "viaduct", None, 1),
        (None, "no", None, 0), (None, None, "yes", -1), ("-1", None, None, -1),
        ("x", None, None, 0),
    ],
)  # fmt: skip
def test_the_level_of_a_street_is_its_layer_else_what_bridge_or_tunnel_say(
    layer, bridge, tunnel, level
):
    assert level_of(layer, bridge, tunnel) == level


@pytest.mark.parametrize(
    ("layer", "bridge", "tunnel", "level"),
    [
        ("0", "yes", None, 1), ("0", None, "yes", -1), ("1.0", "no", None, 1),
        ("-2.0", None, "", -2), ("0.5", None, None, 1), ("nan", "T", None, 1),
        ("inf", None, None, 0), ("0", "F", "F", 0),
        (None, "F", None, 0), (None, "n", "N", 0), (None, None, "t", -1),
    ],
)  # fmt: skip
def test_layer_0_on_every_street_brings_no_bridge_to_the_ground(layer, bridge, tunnel, level):
    assert level_of(layer, bridge, tunnel) == level


@pytest.mark.parametrize(
    ("name", "holds_streets"),
    [
        ("roads", True), ("base-road", True), ("osm_streets", True), ("road-centrelines", True),
        ("roads-2030", True), ("road-2030", True), ("broadband", False), ("railroad", False),
        ("road-noise", False), ("streetlights", False), ("street-trees", False), ("", False),
    ],
)  # fmt: skip
def test_a_layer_of_streets_is_known_by_whole_words(name, holds_streets):
    assert is_of_streets(name) == holds_streets


@pytest.mark.parametrize(
    ("name", "holds_homes"),
    [("buildings", True), ("building-footprints", True), ("outbuildings", False)],
)
def test_a_layer_of_buildings_is_known_by_whole_words(name, holds_homes):
    assert is_of_buildings(name) == holds_homes


def test_nobody_walks_along_a_cable():
    cable = feature("C1", line((0, 100), (2_000, 100)))
    city(home(1, 100), services=[market(100)])
    filled_layer("broadband", cable, theme="railroad")
    filled_layer("lines", cable, theme="")

    assert kept_study("market").result["street_layers"] == ["roads"]


# The table of standards


def test_every_standard_of_the_table_says_which_features_are_meant():
    stated = {row["code"] for row in read_table("service_standards")}
    assert stated == {row["code"] for row in read_table("service_selections")} == set(standards())


def test_no_standard_has_the_force_of_law():
    assert {each.basis for each in standards().values()} == {
        Basis.FOREIGN_REFERENCE, Basis.BENCHMARK, Basis.GENERAL_KNOWLEDGE, Basis.DEMO_VALUE,
    }  # fmt: skip


def test_a_standard_asks_for_what_its_row_states():
    market_, hydrant = standards()["market"], standards()["hydrant"]
    assert (market_.catchment_m, market_.m2_per_person) == (1_000, 0.2)
    assert market_.measures == (Measure.COVERAGE, Measure.AREA, Measure.NUMBER)
    assert (hydrant.catchment, hydrant.measures) == (Catchment.SPACING, ())
    assert standards()["bus_stop"].reach_m == 1_000
    assert standards()["cemetery"].measures == (Measure.AREA,)
