"""What an alternative brings, in numbers that can be checked in the head."""

import json

import pytest
from shapely.geometry import box

from conflicts.alternatives.changes import Alternative, Change
from conflicts.alternatives.known import known_land
from conflicts.alternatives.presentation import answer_as_json, compared
from conflicts.alternatives.services import ask_alternatives
from conflicts.alternatives.vocab import Effect
from conflicts.models import Finding, Observation
from layers.errors import NotFoundError
from layers.models import Feature, Layer
from layers.services import publish_features, set_surveyed_area
from tests.conflicts.ground import CITY, find, put, rule_data, rulebook, surveyed_layer
from tests.factories import EAST, NORTH, at, feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db

APART = rule_data(min_distance_m=200)


@pytest.fixture
def city():
    """A school at the origin, a landfill 500 m east of it: nothing is wrong."""
    return surveyed_layer(
        "facilities", feature("S", at(0, 0), "school"), feature("L", at(500, 0), "landfill")
    )


def ask(layer, *changes, book=None, **asked):
    alternative = Alternative(
        name="A",
        changes=tuple(Change(layer=layer, stable_id=name, after=thing) for name, thing in changes),
    )
    [answer] = ask_alternatives([alternative], books=[book or rulebook(APART)], **asked)
    return answer


def told(answer):
    return [(d.effect, d.identity[2], d.identity[4]) for d in answer.differences]


def test_a_landfill_drawn_50_m_from_a_school_brings_a_finding_of_50_m(city):
    answer = ask(city, ("NEW", feature("NEW", at(50, 0), "landfill", "planned")))

    assert told(answer) == [(Effect.APPEARS, "NEW", "S")]
    hit = answer.differences[0].after
    assert (hit["measured_value"], hit["required_value"], hit["margin"]) == (50, 200, -150)


def test_moved_250_m_away_it_brings_none_and_the_rule_is_kept(city):
    answer = ask(city, ("NEW", feature("NEW", at(250, 0), "landfill", "planned")))

    assert told(answer) == []
    assert [asked.code for asked in answer.complies] == ["T-01"]


@pytest.mark.parametrize(
    ("to", "effect"),
    [
        (at(100, 0), Effect.STAYS),
        (at(100, 0.005), Effect.STAYS),  # half a centimetre is drawing, not change
        (at(60, 0), Effect.WORSE),
        (at(160, 0), Effect.BETTER),
        (at(200, 0), Effect.GOES),
    ],
)
def test_what_becomes_of_a_finding_when_the_landfill_moves(city, to, effect):
    put(city, feature("S", at(0, 0), "school"), feature("L", at(100, 0), "landfill"))

    answer = ask(city, ("L", feature("L", to, "landfill")))

    assert told(answer) == [(effect, "L", "S")]


def test_a_landfill_that_is_removed_takes_its_finding_along(city):
    put(city, feature("S", at(0, 0), "school"), feature("L", at(100, 0), "landfill"))

    assert told(ask(city, ("L", None))) == [(Effect.GOES, "L", "S")]


def test_a_school_that_becomes_a_market_is_no_school_any_more(city):
    put(city, feature("S", at(0, 0), "school"), feature("L", at(100, 0), "landfill"))
    land_use("market")

    assert told(ask(city, ("S", feature("S", at(0, 0), "market")))) == [(Effect.GOES, "L", "S")]


def test_two_new_things_of_one_alternative_are_held_against_each_other(city):
    answer = ask(
        city,
        ("N1", feature("N1", at(5000, 0), "landfill")),
        ("N2", feature("N2", at(5020, 0), "school")),
    )

    assert told(answer) == [(Effect.APPEARS, "N1", "N2")]
    assert answer.differences[0].after["measured_value"] == 20


def test_both_moved_together_stay_as_far_apart_as_they_were(city):
    put(city, feature("S", at(0, 0), "school"), feature("L", at(100, 0), "landfill"))

    answer = ask(
        city,
        ("S", feature("S", at(900, 0), "school")),
        ("L", feature("L", at(1000, 0), "landfill")),
    )

    assert told(answer) == [(Effect.STAYS, "L", "S")]


def test_a_finding_of_others_is_no_news():
    layer = surveyed_layer(
        "facilities",
        feature("S", at(0, 0), "school"), feature("L", at(50, 0), "landfill"),
        feature("M", at(60, 60), "market"),
    )  # fmt: skip

    assert told(ask(layer, ("M", feature("M", at(20, 20), "market")))) == []


def test_a_zone_drawn_around_a_factory_takes_away_that_it_stands_outside():
    surveyed_layer("works", feature("F", square(10, 10, 20), "factory"), looked_for=["factory"])
    zones = surveyed_layer("zones", looked_for=["I1"])
    book = rulebook(rule_data(kind="containment"))

    answer = ask(zones, ("Z", feature("Z", square(0, 0, 100), "I1")), book=book)

    assert told(answer) == [(Effect.GOES, "F", "")]
    assert answer.differences[0].before["measured_value"] == pytest.approx(400)


def test_a_road_drawn_between_two_neighbours_parts_them():
    land_use("road")
    layer = surveyed_layer(
        "facilities",
        feature("S", rectangle(0, 0, 100, 100), "school"),
        feature("L", rectangle(104, 0, 100, 100), "landfill"),
        looked_for=("landfill", "school", "road"),
    )
    book = rulebook(
        rule_data(kind="adjacency", tolerance_m=5, max_border_m=10,
                  between={"classes": ["road"]}, between_within_m=5)
    )  # fmt: skip

    answer = ask(layer, ("R", feature("R", rectangle(101, -10, 2, 120), "road")), book=book)

    assert told(answer) == [(Effect.GOES, "L", "S")]


def test_a_flood_map_of_which_only_a_corner_lies_here_counts_as_it_lies_here(city):
    far = box(EAST - 9000, NORTH - 9000, EAST + 60, NORTH + 9000)
    wet = feature("W", far, hazard_class="H3", depth_min_m=1.0, depth_max_m=2.0)
    layer = filled_layer("flood", wet, theme="hazard-flood")
    set_surveyed_area(layer=layer, geometry=CITY)
    book = rulebook(rule_data(kind="hazard_exposure", subject={"classes": ["school"]}))

    answer = ask(city, ("NEW", feature("NEW", square(0, 0, 100), "school")), book=book)

    [difference] = answer.differences
    # 60 of 100 m lie in the water
    assert json.loads(difference.after["facts"])["subject_share"] == pytest.approx(0.6)


def test_nothing_is_stored_however_often_it_is_asked(city):
    book = rulebook(APART)
    before = [model.objects.count() for model in (Feature, Layer, Finding, Observation)]

    for _again in range(2):
        unsaved = Layer(slug="proposals", geometry_kind="mixed", title_en="Proposals")
        assert ask(unsaved, ("P", feature("P", at(10, 0), "landfill")), book=book).differences

    assert [model.objects.count() for model in (Feature, Layer, Finding, Observation)] == before


def test_what_does_not_stand_cannot_be_removed(city):
    with pytest.raises(NotFoundError, match="facilities/GONE"):
        ask(city, ("GONE", None))


def test_unsurveyed_ground_is_told_beside_what_is_found():
    layer = filled_layer("facilities", feature("S", at(0, 0), "school"))
    set_surveyed_area(layer=layer, geometry=square(-50, -50, 100), classes=["school"])
    land_use("landfill")

    answer = ask(layer, ("NEW", feature("NEW", at(10, 0), "landfill")))

    assert told(answer) == [(Effect.APPEARS, "NEW", "S")]
    [untold] = answer.untold
    assert "within 200.0 m is not completely surveyed" in untold.missing[0]["en"]
    assert untold.missing[0]["km"]
    assert answer.complies == []


def test_what_the_reader_may_not_see_is_not_used_and_that_is_said(city):
    surveyed_layer("secret", feature("X", at(30, 0), "school"), visibility="restricted")
    drawn = ("NEW", feature("NEW", at(40, 0), "landfill"))

    public = ask(city, drawn, seen=("public",))
    everything = ask(city, drawn)

    assert told(public) == [(Effect.APPEARS, "NEW", "S")]
    assert {told_[2] for told_ in told(everything)} == {"S", "X"}
    assert any("not public" in text["en"] for each in public.untold for text in each.missing)


def test_a_publication_is_seen_at_once_though_the_land_is_remembered(city):
    book = rulebook(APART)
    drawn = ("NEW", feature("NEW", at(1000, 0), "landfill"))
    assert told(ask(city, drawn, book=book)) == []
    known = known_land()

    publish_features(
        layer=city, features=[feature("S2", at(1010, 0), "school")], replaces_all=False
    )

    assert told(ask(city, drawn, book=book)) == [(Effect.APPEARS, "NEW", "S2")]
    assert known_land() is not known


def test_a_finding_that_stands_is_named_with_what_was_decided_about_it(city):
    put(city, feature("S", at(0, 0), "school"), feature("L", at(100, 0), "landfill"))
    [stored] = find(APART, code="asked")

    answer = ask(city, ("L", feature("L", at(90, 0), "landfill")),
                 book=rulebook(APART, code="asked"))  # fmt: skip

    [told_] = answer_as_json(answer)["findings"]
    assert told_["known"] == {"finding": stored.pk, "state": "open"}
    assert (told_["effect"], told_["before"]["measured"], told_["measured"]) == ("worse", 100, 90)
    assert "90.0 m from" in told_["explanation"]["en"]
    assert told_["evidence"]["type"] == "LineString"


def test_of_a_thousand_like_findings_the_worst_few_come_first_and_all_are_counted():
    homes = [feature(f"H{n}", at(n, 20), "home") for n in range(60)]
    layer = surveyed_layer("facilities", *homes, feature("S", at(150, 0), "school"),
                           looked_for=("landfill", "school", "home"))  # fmt: skip
    book = rulebook(
        rule_data("T-01", object={"classes": ["home"]}, severity="critical"),
        rule_data("T-02", severity="low"),
    )

    answer = ask(layer, ("NEW", feature("NEW", at(0, 0), "landfill")), book=book, most=6)

    assert [each.difference.asked.code for each in answer.listed] == ["T-01"] * 5 + ["T-02"]
    assert answer_as_json(answer)["counts"]["appears"] == {"critical": 60, "low": 1, "all": 61}


def test_alternatives_are_compared_by_the_rules_they_differ_in(city):
    book = rulebook(APART, rule_data("T-02", min_distance_m=1000))
    near, far = (
        Alternative(
            name=name,
            changes=(Change(layer=city, stable_id="N", after=feature("N", place, "landfill")),),
        )
        for name, place in (("A", at(50, 0)), ("B", at(300, 0)))
    )

    answers = ask_alternatives([near, far], books=[book])

    assert [(row["asked"].code, row["numbers"]) for row in compared(answers)] == [("T-01", [1, 0])]
    assert [len(answer.differences) for answer in answers] == [2, 1]


def test_rules_of_the_whole_city_are_left_out_and_named_until_they_are_asked_for():
    surveyed_layer("zones", feature("Z", square(-1000, -1000, 2000), "R1"), looked_for=["R1"])
    far = feature("FAR", at(900, 0), "market")
    layer = surveyed_layer("facilities", feature("S", at(0, 0), "school"), far,
                           looked_for=("school", "market"))  # fmt: skip
    book = rulebook(
        rule_data(kind="service_coverage", served={"classes": ["school"], "layers": ["facilities"]})
    )
    drawn = ("M", feature("M", at(100, 0), "market"))

    quick, whole = ask(layer, drawn, book=book), ask(layer, drawn, book=book, whole=True)

    assert [asked.code for asked in quick.left_out] == ["T-01"]
    assert quick.differences == []
    assert told(whole) == [(Effect.GOES, "Z", "")]
