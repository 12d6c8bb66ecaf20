"""What is meant in its thousands is counted, never listed; nothing that is found depends on it."""

import pytest
from hypothesis import given

from conflicts import preparing
from conflicts.alike import Likeness, all_alike, extent_of, means
from conflicts.detection import Detector
from conflicts.kinds import KINDS
from conflicts.models import Finding
from conflicts.preparing import prepare
from conflicts.rule_schema import rule_from_data
from conflicts.services import detect_conflicts
from tests.conflicts.changing_city import answers, found, key, measured
from tests.conflicts.ground import EAST, NORTH, put, rule_data, rulebook, surveyed_layer
from tests.conflicts.test_against_shapely import taken_back
from tests.conflicts.test_recheck_equals_full import (
    USES,
    build,
    cities,
    few,
    grounds,
    resurvey,
    rules_of,
)  # fmt: skip
from tests.factories import feature, filled_layer, line, rectangle, square

pytestmark = pytest.mark.django_db
HOMES = {"classes": ["residential"]}


def homes(count, side=10):
    return [feature(f"H{n}", square(20 * n, 0, side), "residential") for n in range(count)]


def selection_of(selector, *, few, monkeypatch, kind="separation"):
    """What a side means in a detection that lists no more than so many features."""
    monkeypatch.setattr(preparing, "FEW", few)
    rule = rule_from_data(rule_data(kind=kind, subject=selector, object={"classes": ["school"]}))
    detector = Detector.open()
    detector.classes_meant(rule.subject)
    prepare(detector, [rule])
    return detector.select(rule.subject)


def stands(code):
    told = {key(f): (measured(f.current), f.current.subject_row_id, f.note) for f in found(code)}
    return told, answers(code)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_counting_the_like_finds_what_listing_them_finds(kind, monkeypatch):
    @few
    @given(cities(), grounds)
    @taken_back
    def asks(city, ground):
        build(city)
        for layer in {row.layer for row in _layers(city)}:
            resurvey(layer, (ground, ()), None)
        rules = rules_of(kind)
        monkeypatch.setattr(preparing, "FEW", 5_000)
        detect_conflicts(rulebook=rulebook(*rules, code="listed"))
        monkeypatch.setattr(preparing, "FEW", 0)
        detect_conflicts(rulebook=rulebook(*rules, code="counted"))
        assert stands("counted") == stands("listed")

    asks()


def _layers(city):
    from layers.models import Feature

    return Feature.objects.filter(layer__slug__in=city).select_related("layer")


def test_six_homes_are_counted_where_five_would_be_listed(monkeypatch):
    surveyed_layer("buildings", *homes(6), looked_for=("residential", "school"))

    assert selection_of(HOMES, few=6, monkeypatch=monkeypatch).by_rows
    counted = selection_of(HOMES, few=5, monkeypatch=monkeypatch)

    assert not counted.by_rows
    assert (counted.sure, counted.unsure) == (6, 0)
    assert counted.layers == counted.sure_layers == ("buildings",)
    assert counted.extent == (EAST, NORTH, EAST + 110, NORTH + 10)


def test_a_condition_on_attributes_is_never_taken_for_granted(monkeypatch):
    surveyed_layer("buildings", *homes(6), looked_for=("residential", "school"))
    tall = HOMES | {"where": {"attr": "height_m", "op": "ge", "value": 20}}

    asked = selection_of(tall, few=0, monkeypatch=monkeypatch)

    assert asked.by_rows
    assert (asked.sure, asked.unsure) == (0, 6)  # nobody stated a height


def test_a_home_drawn_as_a_line_is_looked_at_where_only_areas_can_be_judged(monkeypatch):
    drawn = feature("L", line((0, 50), (10, 50)), "residential")
    surveyed_layer("buildings", *homes(3), drawn, looked_for=("residential", "school"))
    rule = rule_from_data(rule_data(kind="adjacency", subject=HOMES))
    monkeypatch.setattr(preparing, "FEW", 0)
    detector = Detector.open()
    prepare(detector, [rule])

    subject = detector.select(rule.subject, areas_only=True)

    assert subject.by_rows
    assert (subject.sure, subject.shapeless) == (3, 1)


def test_a_selector_asked_for_later_is_found_among_what_is_listed(monkeypatch):
    """A feature that stands in no table of its own would be an all-clear out of nothing."""
    monkeypatch.setattr(preparing, "FEW", 0)
    surveyed_layer("buildings", *homes(2), looked_for=("residential", "school"))
    put(filled_layer("facilities"), feature("S", square(100, 0, 10), "school"))
    later = rule_from_data(rule_data(subject={"classes": ["school"]}, object=HOMES))
    detector = Detector.open()
    prepare(detector, [])

    assert detector.ask(later).pairs_found == 2


def test_ground_without_a_survey_is_told_of_every_home_near_it(monkeypatch):
    """Homes at 0, 20, 40 ... m; surveyed up to 70 m: within 30 m of homes 3 and 2 all is seen."""
    monkeypatch.setattr(preparing, "FEW", 0)
    layer = surveyed_layer("buildings", *homes(6), looked_for=("residential", "school"))
    layer.surveyed_areas.all().delete()
    resurvey(layer, (rectangle(-500, -500, 570, 1_000), ("residential", "school")), None)
    rule = rule_data(subject=HOMES, object={"classes": ["school"], "surveyed_in": ["buildings"]})

    detection = detect_conflicts(rulebook=rulebook(rule | {"min_distance_m": 30}))

    [gap] = [g for g in detection.outcomes.get().missing if g["gap"] == "not_surveyed"]
    assert (gap["count"], gap["examples"]) == (4, ["H2", "H3", "H4", "H5"])


def test_where_nobody_looked_all_homes_are_untold_and_the_first_are_named(monkeypatch):
    monkeypatch.setattr(preparing, "FEW", 0)
    surveyed_layer("buildings", *homes(25), looked_for=("residential",))
    filled_layer("facilities", feature("S", square(9_000, 0, 10), "school"))
    rule = rule_data(subject=HOMES, object={"classes": ["school"], "layers": ["facilities"]})

    detection = detect_conflicts(rulebook=rulebook(rule))

    [gap] = [g for g in detection.outcomes.get().missing if g["gap"] == "not_surveyed"]
    assert gap["count"] == 25
    assert gap["examples"] == sorted(f"H{n}" for n in range(25))[:20]


def test_a_finding_of_counted_homes_is_resolved_when_the_home_is_gone(monkeypatch):
    monkeypatch.setattr(preparing, "FEW", 0)
    layer = surveyed_layer("buildings", *homes(2), looked_for=("residential", "school"))
    surveyed_layer("facilities", feature("S", square(50, 0, 10), "school"))
    book = rulebook(rule_data(subject={"classes": ["school"]}, object=HOMES))
    detect_conflicts(rulebook=book)

    put(layer, *homes(1))
    detect_conflicts(rulebook=book)

    states = dict(Finding.objects.values_list("object_id", "state"))
    assert states == {"H0": "open", "H1": "resolved"}


def test_likenesses_are_told_apart_by_layer_class_and_stage():
    surveyed_layer("buildings", *homes(2), feature("S", square(0, 90, 5), "school", "planned"))

    ground = {(g.like.layer, g.like.land_use, g.like.lifecycle): g for g in _opened()}

    assert ground[("buildings", "residential", "existing")].features == 2
    assert ground[("buildings", "school", "planned")].areas == 1
    assert extent_of(list(ground.values())) == (EAST, NORTH, EAST + 30, NORTH + 95)
    assert extent_of([]) is None


def _opened():
    Detector.open()
    return all_alike()


@pytest.mark.parametrize(
    ("changed", "may_be"),
    [
        ({}, True),
        ({"classes": ["market"]}, False),
        ({"classes": None}, True),
        ({"layers": ["parcels"]}, False),
        ({"except_layers": ["buildings"]}, False),
        ({"theme": "plan"}, False),
        ({"lifecycles": ["planned"]}, False),
    ],
)
def test_a_selector_means_a_likeness_by_everything_it_names(changed, may_be):
    asked = {
        "classes": list(USES), "layers": None, "except_layers": [], "theme": "",
        "lifecycles": ["existing"],
    } | changed  # fmt: skip

    assert means(asked, Likeness("buildings", "other", "school", "existing")) is may_be
