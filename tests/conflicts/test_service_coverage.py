"""Who lives farther from a service than the standard says: per area, and how sure that is."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain, explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.services import set_surveyed_area
from tests.conflicts.ground import (
    CITY,
    find,
    only_outcome,
    put,
    rule_data,
    rulebook,
    surveyed_layer,
)
from tests.conflicts.test_against_shapely import few, shapes, taken_back
from tests.factories import (
    EAST,
    NORTH,
    at,
    feature,
    filled_layer,
    land_use,
    line,
    rectangle,
    square,
)

pytestmark = pytest.mark.django_db

MARKET_WITHIN_500_M = rule_data(
    kind="service_coverage",
    subject={"layers": ["sangkat"]},
    object={"classes": ["market"]},
    served={"classes": ["residential"]},
    max_distance_m=500,
)
ALONG_STREETS = MARKET_WITHIN_500_M | {"along": "streets"}


def sangkats(*areas):
    shapes_ = areas or (square(0, 0, 2000),)
    return filled_layer("sangkat", *(feature(f"0{n}", s) for n, s in enumerate(shapes_, start=1)))


def markets(*features):
    return surveyed_layer("facilities", *features, looked_for=("market",))


def market(shape, stable_id="M", use="market", **properties):
    return feature(stable_id, shape, use, **properties)


def homes(*features, looked_for=("residential",)):
    return surveyed_layer("buildings", *features, looked_for=looked_for)


def home(shape, stable_id="H", **properties):
    return feature(stable_id, shape, "residential", **properties)


def asked(rule=MARKET_WITHIN_500_M):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return {gap["gap"] for gap in outcome.missing}


def test_of_four_homes_one_lies_600_m_from_the_market_a_quarter_unserved():
    sangkats()
    markets(market(square(0, 0, 100)))
    homes(
        home(square(150, 0, 10), "A"),
        home(square(300, 0, 10), "B"),
        home(square(500, 0, 10), "C"),
        home(square(700, 0, 10), "FAR"),
    )

    [finding] = find(MARKET_WITHIN_500_M)

    seen = finding.current
    assert (finding.subject_layer, finding.subject_id) == ("sangkat", "01")
    assert (finding.object_layer, finding.object_id) == ("", "")
    assert (seen.measured_value, seen.unit, seen.margin) == (1, "place", -1)
    assert seen.facts == {"total": 4, "unknown": 0, "unserved_share": 0.25}
    assert square(700, 0, 10).covers(shapely.from_wkb(bytes(seen.witness.wkb)))


@pytest.mark.parametrize(("x", "found"), [(600, 0), (600.01, 1)])
def test_exactly_500_m_from_edge_to_edge_is_within_reach(x, found):
    sangkats()
    markets(market(square(0, 0, 100)))
    homes(home(square(x, 0, 10)))

    assert len(find(MARKET_WITHIN_500_M)) == found


def test_another_service_does_not_serve_and_another_use_need_not_be_served():
    sangkats()
    markets(market(at(0, 0), "S", use="school"), market(at(0, 0)))
    homes(home(at(900, 0)), feature("SHOP", at(900, 10), "shop"))

    [finding] = find(MARKET_WITHIN_500_M)

    assert finding.current.facts["total"] == 1


def test_a_market_of_the_next_sangkat_serves_too():
    sangkats(square(0, 0, 1000), rectangle(1000, 0, 1000, 1000))
    markets(market(at(1100, 0)))
    homes(home(at(900, 0), "NEAR"), home(at(100, 0), "FAR"), home(at(1500, 0), "EAST"))

    found = {f.subject_id: f.current.measured_value for f in find(MARKET_WITHIN_500_M)}

    assert found == {"01": 1}


def test_a_home_across_the_border_belongs_to_the_sangkat_its_middle_lies_in():
    sangkats(square(0, 0, 1000), rectangle(1000, 0, 1000, 1000))
    markets(market(at(5000, 0)))
    homes(home(rectangle(990, 100, 30, 10)))  # two thirds lie east

    assert [f.subject_id for f in find(MARKET_WITHIN_500_M)] == ["02"]


def test_with_no_market_in_a_city_that_was_looked_through_nobody_is_served():
    sangkats()
    markets(feature("S", at(0, 0), "school"))
    homes(home(at(100, 0), "A"), home(line((200, 0), (220, 0)), "B"))
    of_facilities = {"classes": ["market"], "surveyed_in": ["facilities"]}

    [finding] = find(MARKET_WITHIN_500_M | {"object": of_facilities})

    assert finding.current.measured_value == 2


def test_where_all_are_served_in_a_straight_line_and_that_is_asked_the_rule_complies():
    sangkats()
    markets(market(at(0, 0)))
    homes(home(at(100, 0)))

    outcome = asked()

    assert (outcome.answer, outcome.missing, outcome.subjects_checked) == ("complies", [], 1)


def test_a_straight_line_is_no_all_clear_where_the_standard_means_the_streets():
    sangkats()
    markets(market(at(0, 0)))
    homes(home(at(100, 0)))

    outcome = asked(ALONG_STREETS)

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", {"straight_line_only"})


def test_but_what_a_straight_line_leaves_unserved_the_streets_do_too():
    sangkats()
    markets(market(at(0, 0)))
    homes(home(at(501, 0)))

    [finding] = find(ALONG_STREETS)

    assert "Along the streets, as the standard has it, there are at least so many." in (
        explain(finding)
    )


def partly_surveyed(*features):
    """Markets were looked for only west of 1,000 m."""
    layer = filled_layer("facilities", *features)
    land_use("market")
    set_surveyed_area(layer=layer, geometry=rectangle(-9000, -9000, 10_000, 18_000),
                      classes=["market"])  # fmt: skip
    return layer


def test_a_home_near_ground_nobody_searched_for_markets_may_have_one_there():
    sangkats()
    partly_surveyed(market(at(0, 0)))
    homes(home(at(600, 100)))  # 400 m from the border of the survey

    outcome = asked()

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", {"service_not_sure"})


def test_only_homes_whose_whole_reach_was_searched_are_surely_unserved():
    sangkats()
    partly_surveyed(market(at(-5000, 0)))
    homes(home(at(400, 0), "SURE"), home(at(600, 0), "UNKNOWN"), home(at(1500, 0), "BEYOND"))

    [finding] = find(MARKET_WITHIN_500_M)

    assert finding.current.measured_value == 1
    assert finding.current.facts["unknown"] == 2
    assert "Of 2 more it is not known." in explain(finding)


def test_a_market_whose_condition_is_unknown_may_serve():
    rule = MARKET_WITHIN_500_M | {
        "object": {"classes": ["market"], "where": {"attr": "open", "op": "eq", "value": True}}
    }
    sangkats()
    markets(market(at(0, 0)), market(at(5000, 0), "N", open=True))
    homes(home(at(100, 0)))

    outcome = asked(rule)

    assert (outcome.answer, outcome.pairs_found) == ("cannot_tell", 0)
    assert gaps(outcome) == {"unknown_attribute", "service_not_sure"}


def test_where_homes_were_not_looked_for_some_may_lie_too_far():
    sangkats()
    markets(market(at(0, 0)))
    filled_layer("buildings", home(at(100, 0)))

    outcome = asked()

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", {"served_not_sure"})


def test_a_sangkat_without_homes_in_a_whole_survey_lacks_nothing():
    sangkats(square(0, 0, 500), square(5000, 0, 500))
    markets(market(at(0, 0)))
    homes(home(at(100, 0)))

    assert asked().answer == "complies"


def test_without_a_layer_of_sangkats_nothing_can_be_told():
    markets(market(at(0, 0)))
    homes(home(at(900, 0)))

    outcome = asked()

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", {"missing_layer"})


def test_without_any_layer_that_could_hold_a_market_nothing_can_be_told():
    sangkats()
    homes(home(at(900, 0)))

    outcome = asked()

    assert (outcome.answer, gaps(outcome)) == ("cannot_tell", {"no_layer"})


def test_it_is_said_how_many_of_whom_are_how_far_from_what_in_both_languages():
    sangkats()
    markets(market(at(0, 0)))
    homes(home(at(100, 0), "A"), home(at(900, 0), "B"))

    [finding] = find(MARKET_WITHIN_500_M)

    said = explain(finding)
    assert "01 (Sangkat): 1 of 2 (50 %) known residential lie farther than 500.0 m, in a" in said
    assert "from every market. What would cure it: such a service nearer to them." in said
    assert "Value chosen for the test. Demo value without legal force." in said
    assert "ជាបន្ទាត់ត្រង់" in explain_in(finding, "km")


@pytest.mark.parametrize(
    ("places", "change", "state"),
    [
        ([100, 900, 950], "worse", "open"),
        ([100, 200], "gone", "resolved"),
        ([100, 910], "unchanged", "open"),
    ],
)
def test_more_unserved_homes_are_worse_and_none_resolve(places, change, state):
    sangkats()
    markets(market(at(0, 0)))
    layer = homes(home(at(100, 0), "H0"), home(at(900, 0), "H1"))
    book = rulebook(MARKET_WITHIN_500_M)
    detect_conflicts(rulebook=book)

    put(layer, *(home(at(x, 0), f"H{n}") for n, x in enumerate(places)))
    latest = detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.observations.get(detection=latest).change == change
    assert finding.state == state


def test_a_withdrawn_survey_resolves_nothing_and_a_new_market_does():
    sangkats()
    layer = markets(market(at(0, 0)))
    homes(home(at(900, 0)))
    book = rulebook(MARKET_WITHIN_500_M)
    detect_conflicts(rulebook=book)

    layer.surveyed_areas.all().delete()
    detect_conflicts(rulebook=book)
    [unknown] = Finding.objects.all()
    set_surveyed_area(layer=layer, geometry=CITY, classes=["market"])
    put(layer, market(at(0, 0)), market(at(800, 0), "N"))
    detect_conflicts(rulebook=book)
    [served] = Finding.objects.all()

    assert (unknown.state, unknown.note) == ("open", "cannot_recheck")
    assert served.state == "resolved"


def test_a_sangkat_with_its_own_agreement_may_be_exempt():
    agreed = {"reason": {"en": "a"}, "subject": {"attr": "rural", "op": "eq", "value": True}}
    filled_layer("sangkat", feature("01", square(0, 0, 2000), rural=True))
    markets(market(at(5000, 0)))
    homes(home(at(900, 0)))

    assert find(MARKET_WITHIN_500_M | {"exemptions": [agreed]}) == []


def test_a_proposal_is_not_asked_for_what_only_a_whole_sangkat_can_answer():
    sangkats()
    markets(market(at(0, 0)))
    filled_layer("proposals")

    assert findings_for([home(at(900, 0), "P")], [rulebook(MARKET_WITHIN_500_M)]) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"max_distance_m": 0}, "max_distance_m: is 0, but must be above 0."),
        ({"along": "the river"}, "along: 'the river' is unknown."),
        ({"served": {}}, "served: says neither classes, layers nor a theme."),
    ],
)
def test_a_bad_field_is_named(fields, sentence):
    with pytest.raises(RuleFieldError) as refused:
        rule_from_data(MARKET_WITHIN_500_M | fields)

    assert str(refused.value).startswith(sentence)


def test_a_rule_is_written_as_it_was_read():
    rule = rule_from_data(ALONG_STREETS)

    assert rule_from_data(rule_to_data(rule)) == rule


QUARTERS = [square(300 * x, 300 * y, 300) for x in (0, 1) for y in (0, 1)]
reaches = st.sampled_from([60.0, 150.0, 400.0])


@few
@given(
    st.lists(shapes(), max_size=8),
    st.lists(shapes(), max_size=3),
    st.lists(shapes(("box",)), max_size=2),
    reaches,
)
@taken_back
def test_it_counts_exactly_those_whom_shapely_finds_out_of_reach(dwellings, services, seen, reach):
    sangkats(*QUARTERS)
    homes(*(home(shape, f"H{n}") for n, shape in enumerate(dwellings)))
    layer = filled_layer("facilities", *(market(s, f"M{n}") for n, s in enumerate(services)))
    land_use("market")
    surveys = [shapely.box(EAST - 900, NORTH - 900, EAST + 700, NORTH + 1500), *seen]
    for number, area in enumerate(surveys):
        set_surveyed_area(layer=layer, geometry=area, classes=["market"], source=f"team {number}")
    known = shapely.union_all(surveys)
    expected = {}
    for number, quarter in enumerate(QUARTERS, start=1):
        inside = [d for d in dwellings if quarter.intersects(d.point_on_surface())]
        far = [d for d in inside if all(d.distance(service) > reach for service in services)]
        sure = [d for d in far if known.covers(d) and d.distance(known.boundary) >= reach]
        if sure and services:
            expected[f"0{number}"] = (len(sure), len(inside), len(far) - len(sure))

    found = find(MARKET_WITHIN_500_M | {"max_distance_m": reach})

    assert {
        f.subject_id: (f.current.measured_value, f.current.facts["total"],
                       f.current.facts["unknown"])
        for f in found
    } == expected  # fmt: skip
