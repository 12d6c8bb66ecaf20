"""Whether the services of an area have room for those who need them: m², places, how many."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.services import set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import find, only_outcome, put, rule_data, rulebook, surveyed_layer
from tests.conflicts.test_against_shapely import few, taken_back
from tests.factories import at, feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db

ROOM = rule_data(
    kind="capacity",
    subject={"layers": ["sangkat"]},
    object={"classes": ["market"]},
    served={"classes": ["residential"]},
    demand_attribute="people",
    required_each=0.2,
    supply="area",
)
PLACES = ROOM | {
    "object": {"classes": ["school"]},
    "required_each": 0.12,
    "supply": "attribute",
    "supply_attribute": "places",
}
NUMBER = ROOM | {"required_each": 0.0001, "supply": "number"}


def sangkats(*areas):
    shapes_ = areas or (square(0, 0, 2000),)
    return filled_layer("sangkat", *(feature(f"0{n}", s) for n, s in enumerate(shapes_, start=1)))


def services(*features, looked_for=("market", "school")):
    return surveyed_layer("facilities", *features, looked_for=looked_for)


def market(shape, stable_id="M", **properties):
    return feature(stable_id, shape, "market", **properties)


def school(stable_id="S", shape=None, **properties):
    return feature(stable_id, shape or at(50, 50), "school", **properties)


def homes(*features, looked_for=("residential",)):
    return surveyed_layer("buildings", *features, looked_for=looked_for)


def home(people, stable_id="H", shape=None, **properties):
    return feature(stable_id, shape or at(100, 100), "residential", people=people, **properties)


def asked(rule=ROOM):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return {gap["gap"] for gap in outcome.missing}


# It bites, it just does not, another use, what nobody knows


def test_a_market_of_400_m2_is_too_small_for_5000_people_who_ask_for_1000_m2():
    sangkats()
    services(market(square(0, 0, 20)))
    homes(home(3_000, "A"), home(2_000, "B"))

    [finding] = find(ROOM)

    seen = finding.current
    assert (finding.subject_layer, finding.subject_id, finding.object_id) == ("sangkat", "01", "")
    assert (seen.measured_value, seen.required_value, seen.unit) == (400, 1_000, "m2")
    assert seen.margin == -600
    assert seen.facts == {"people": 5_000, "services": 1, "at_least": False}
    assert square(0, 0, 2000).covers(shapely.from_wkb(bytes(seen.witness.wkb)))


@pytest.mark.parametrize(("people", "found"), [(2_000, 0), (2_001, 1)])
def test_what_is_exactly_enough_is_enough(people, found):
    sangkats()
    services(market(square(0, 0, 20)))
    homes(home(people))

    assert len(find(ROOM)) == found
    assert asked().answer == (Answer.FAILS if found else Answer.COMPLIES)


def test_other_uses_neither_serve_nor_need():
    sangkats()
    services(market(square(0, 0, 20)), feature("S", square(500, 0, 200), "school"))
    homes(home(2_000), feature("SHOP", at(10, 10), "shop", people=90_000))

    assert find(ROOM) == []


def test_where_a_market_may_be_unrecorded_nobody_can_tell_that_room_is_missing():
    sangkats()
    filled_layer("facilities", market(square(0, 0, 20)))
    homes(home(5_000))

    outcome = asked()

    assert (outcome.answer, Finding.objects.count()) == (Answer.CANNOT_TELL, 0)
    assert gaps(outcome) == {"room_not_sure"}


def test_where_a_part_of_the_sangkat_was_not_looked_through_nobody_can_tell():
    sangkats()
    layer = filled_layer("facilities", market(square(0, 0, 20)))
    set_surveyed_area(layer=layer, geometry=rectangle(-10, -10, 1_000, 3_000), classes=["market"])
    homes(home(5_000))

    outcome = asked()

    assert gaps(outcome) == {"room_not_sure"}
    assert Finding.objects.count() == 0


def test_people_who_are_known_are_too_many_also_where_there_may_be_more():
    sangkats()
    services(market(square(0, 0, 20)))
    filled_layer("buildings", home(5_000))

    [finding] = find(ROOM)

    assert finding.current.facts["at_least"] is True
    assert "Not all who need them are known" in explain_in(finding, "en")


def test_enough_for_those_known_is_no_all_clear_where_there_may_be_more():
    sangkats()
    services(market(square(0, 0, 20)))
    filled_layer("buildings", home(1_000))

    outcome = asked()

    assert (outcome.answer, gaps(outcome)) == (Answer.CANNOT_TELL, {"need_not_sure"})


def test_a_home_whose_people_nobody_recorded_leaves_it_open():
    sangkats()
    services(market(square(0, 0, 20)))
    homes(home(1_000, "A"), feature("B", at(300, 300), "residential"))

    assert gaps(asked()) == {"need_not_sure"}


# Ground, places, number


def test_ground_that_two_markets_share_counts_once_and_what_lies_outside_not_at_all():
    sangkats(square(0, 0, 1000), rectangle(1000, 0, 1000, 1000))
    services(market(rectangle(980, 0, 40, 10), "A"), market(rectangle(980, 0, 30, 10), "B"))
    homes(home(2_000, "H1"), home(2_000, "H2", at(1_500, 100)))

    found = {f.subject_id: f.current.measured_value for f in find(ROOM)}

    assert found == {"01": pytest.approx(200), "02": pytest.approx(200)}


def test_a_market_drawn_as_a_point_has_room_nobody_knows():
    sangkats()
    services(market(at(0, 0)))
    homes(home(5_000))

    assert gaps(asked()) == {"room_not_sure"}


def test_120_places_are_asked_for_1000_people():
    sangkats()
    services(school("A", places=70), school("B", places=49))
    homes(home(1_000))

    [finding] = find(PLACES)

    seen = finding.current
    assert (seen.measured_value, seen.required_value, seen.unit) == (119, 120, "place")
    assert "have room for 119. For 1,000 known people" in explain_in(finding, "en")


def test_a_school_that_does_not_state_its_places_leaves_it_open():
    sangkats()
    services(school("A", places=70), school("B", pupils=400))
    homes(home(1_000))

    assert gaps(asked(PLACES)) == {"room_not_sure"}


def test_enough_stated_places_suffice_whatever_the_others_have():
    sangkats()
    services(school("A", places=120), school("B"))
    homes(home(1_000))

    assert asked(PLACES).answer == Answer.COMPLIES


def test_one_market_is_asked_for_every_10000_people():
    sangkats()
    services(market(at(0, 0)))
    homes(home(20_000))

    [finding] = find(NUMBER)

    assert (finding.current.measured_value, finding.current.required_value) == (1, 2)


def test_dwellings_count_with_the_people_each_stands_for():
    sangkats()
    services(market(square(0, 0, 20)))
    homes(feature("H", at(9, 9), "residential", dwellings=500))
    households = ROOM | {"demand_attribute": "dwellings", "people_each": 4.3}

    [finding] = find(households)

    assert finding.current.facts["people"] == pytest.approx(2_150)
    assert finding.current.required_value == pytest.approx(430)


def test_without_an_attribute_each_counts_as_stated():
    sangkats()
    services(market(square(0, 0, 20)))
    homes(*(feature(f"H{n}", at(9 * n, 9), "residential") for n in range(3)))
    each = ROOM | {"demand_attribute": "", "people_each": 1_000}

    assert find(each)[0].current.facts["people"] == 3_000


def test_who_lives_across_the_border_needs_the_services_there():
    sangkats(square(0, 0, 1000), rectangle(1000, 0, 1000, 1000))
    services(market(square(0, 0, 20)), market(square(1_100, 0, 10), "E"))
    homes(home(2_000, "W"), home(1_000, "E", rectangle(990, 100, 30, 10)))

    assert {f.subject_id for f in find(ROOM)} == {"02"}


@pytest.mark.parametrize("on_border", [at(1_000, 50), rectangle(990, 40, 20, 20)])
def test_a_school_on_the_border_gives_its_12_places_to_one_sangkat_only(on_border):
    # 100 people on each side ask for 12 places each
    sangkats(square(0, 0, 1000), rectangle(1000, 0, 1000, 1000))
    services(school(shape=on_border, places=12))
    homes(home(100, "W"), home(100, "E", at(1_500, 100)))

    found = {f.subject_id: f.current.measured_value for f in find(PLACES)}

    assert found == {"02": 0}


def test_a_home_on_the_border_needs_the_services_of_one_sangkat_only():
    sangkats(square(0, 0, 1000), rectangle(1000, 0, 1000, 1000))
    services(school(shape=at(50, 50), places=7))
    homes(home(1_000, "H", at(1_000, 50)))

    assert {f.subject_id: f.current.facts["people"] for f in find(PLACES)} == {"01": 1_000}


def test_where_two_areas_overlap_both_need_and_one_is_served():
    sangkats(square(0, 0, 1000), rectangle(500, 0, 1000, 1000))
    services(school(shape=at(700, 50), places=120))
    homes(home(1_000, "H", at(800, 50)))

    found = {f.subject_id: f.current.facts["people"] for f in find(PLACES)}

    assert found == {"02": 1_000}


def test_a_sangkat_in_which_nobody_lives_asks_for_nothing():
    sangkats()
    services()
    homes()

    assert asked(
        ROOM | {"served": {"classes": ["residential"], "layers": ["buildings"]}}
    ).answer == (Answer.COMPLIES)


def test_more_room_resolves_the_finding_and_more_people_make_it_worse():
    sangkats()
    layer = services(market(square(0, 0, 20)))
    buildings = homes(home(3_000))
    [finding] = find(ROOM)

    put(buildings, home(4_000))
    detect_conflicts(rulebook=rulebook(ROOM))
    finding.refresh_from_db()
    assert finding.current.change == "worse"

    put(layer, market(square(0, 0, 40)))
    detect_conflicts(rulebook=rulebook(ROOM))
    finding.refresh_from_db()
    assert finding.state == "resolved"


def test_what_if_says_nothing_of_shares_of_a_whole_sangkat():
    sangkats()
    services(market(square(0, 0, 20)))
    homes(home(5_000))
    proposal = feature("NEW", square(500, 500, 10), "residential", people=9)

    assert findings_for([proposal], [rulebook(ROOM)]) == []


def test_the_sentence_names_what_there_is_what_is_asked_and_what_would_cure_it():
    sangkats()
    services(market(square(0, 0, 20)))
    homes(home(5_000))
    land_use("market")

    [finding] = find(ROOM)

    said = explain_in(finding, "en")
    there, asked_for, missing = "take up 400.0 m²", "1,000.0 m²", "600.0 m² are missing"
    for part in (there, "5,000 known people", asked_for, missing, "What would cure it"):
        assert part in said, part
    assert "ម²" in explain_in(finding, "km")


# The rule as data


def test_a_rule_of_capacity_is_the_same_after_it_was_written_down():
    for data in (ROOM, PLACES, NUMBER):
        assert rule_from_data(rule_to_data(rule_from_data(data))) == rule_from_data(data)


@pytest.mark.parametrize(
    "wrong",
    [
        {"required_each": 0}, {"people_each": 0}, {"people_each": 2_000_000},
        {"supply_attribute": "places"}, {"supply": "attribute"}, {"supply": "guess"},
        {"exemptions": [{"reason": {"en": "x"}, "object": {"attr": "a", "op": "eq", "value": 1}}]},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(RuleFieldError):
        rule_from_data(ROOM | wrong)


# An independent answer by shapely

SPOTS = st.tuples(st.integers(0, 1_900), st.integers(0, 900))
MARKETS = st.lists(st.tuples(SPOTS, st.integers(10, 60)), max_size=4)
HOMES = st.lists(st.tuples(SPOTS, st.integers(0, 4_000)), max_size=5)


@few
@given(markets=MARKETS, people=HOMES)
@taken_back
def test_the_findings_are_those_that_shapely_counts(markets, people):
    areas = {"01": square(0, 0, 1000), "02": rectangle(1000, 0, 1000, 1000)}
    sangkats(*areas.values())
    grounds = [square(x, y, size) for (x, y), size in markets]
    land_use("market")
    services(*(market(shape, f"M{n}") for n, shape in enumerate(grounds)))
    lived = [(square(x, y, 7), number) for (x, y), number in people]
    homes(*(home(number, f"H{n}", shape) for n, (shape, number) in enumerate(lived)))
    selected = ROOM | {
        "object": {"classes": ["market"], "layers": ["facilities"]},
        "served": {"classes": ["residential"], "layers": ["buildings"]},
    }

    found = {f.subject_id: -f.current.margin for f in find(selected)}

    expected = {}
    for name, area in areas.items():
        room = shapely.union_all([g.intersection(area) for g in grounds]).area
        need = 0.2 * sum(n for shape, n in lived if area.intersects(shape.centroid))
        if need - room > 1e-6:
            expected[name] = pytest.approx(need - room, abs=1e-6)
    assert found == expected
