"""Plan against plan: on the same ground, and across the border where the next plan begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain, explain_gap, explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from layers.services import set_surveyed_area
from tests.conflicts.ground import (
    CITY,
    find,
    only_outcome,
    pairs,
    put,
    rule_data,
    rulebook,
    surveyed_layer,
)
from tests.conflicts.test_against_shapely import few, shapes, taken_back
from tests.factories import at, feature, filled_layer, land_use, line, rectangle, square

pytestmark = pytest.mark.django_db

ON_THE_SAME_GROUND = rule_data(kind="plan_vs_plan")
APART = rule_data(kind="plan_vs_plan", min_distance_m=30)
WEST, EAST = rectangle(-20_000, -20_000, 20_100, 40_000), rectangle(100, -20_000, 19_900, 40_000)


def plan(slug, *zones, title=None):
    """A plan that was wholly drawn, with what its neighbours know of it."""
    return surveyed_layer(
        slug, *zones, looked_for=("I2", "R1"), theme="plan", title_en=title or slug
    )


def industry(shape, stable_id="I"):
    return feature(stable_id, shape, "I2", "planned")


def homes(shape, stable_id="H"):
    return feature(stable_id, shape, "R1", "planned")


def asked(rule=ON_THE_SAME_GROUND):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def gaps(outcome):
    return {gap["gap"] for gap in outcome.missing}


def test_industry_of_the_province_on_20_m_of_the_citys_housing_contradicts_it_on_2000_m2():
    plan("province", industry(square(80, 0, 100)))
    plan("city", homes(square(0, 0, 100)))

    [finding] = find(ON_THE_SAME_GROUND)

    seen = finding.current
    assert (finding.subject_layer, finding.subject_id) == ("province", "I")
    assert (finding.object_layer, finding.object_id) == ("city", "H")
    assert (seen.measured_value, seen.unit) == (pytest.approx(2000.0), "m2")
    assert (seen.required_value, seen.margin) == (0, pytest.approx(-2000.0))
    assert seen.witness.area == pytest.approx(2000.0)


def test_plans_that_only_touch_at_their_border_do_not_contradict_each_other():
    plan("province", industry(square(100, 0, 100)))
    plan("city", homes(square(0, 0, 100)))

    assert find(ON_THE_SAME_GROUND) == []


def test_other_zones_and_zones_of_one_plan_are_no_matter_of_two_plans():
    plan("province", feature("P", square(0, 0, 100), "GP"))
    plan("city", homes(square(0, 0, 100)), industry(square(50, 0, 100)))

    assert find(ON_THE_SAME_GROUND) == []


@pytest.mark.parametrize(("x", "found"), [(99.99, 1), (99.991, 0)])
def test_from_exactly_a_square_metre_on_it_counts_and_below_it_is_a_sliver(x, found):
    plan("province", industry(square(x, 0, 100)))
    plan("city", homes(square(0, 0, 100)))

    assert len(find(ON_THE_SAME_GROUND | {"min_overlap_m2": 0.9999})) == found


@pytest.mark.parametrize(("apart_m", "found"), [(0, 1), (29.99, 1), (30, 0), (31, 0)])
def test_across_the_border_of_two_cities_zones_must_lie_as_far_apart_as_asked(apart_m, found):
    plan("next-city", industry(square(100 + apart_m, 0, 100)))
    plan("city", homes(square(0, 0, 100)))

    results = find(APART)

    assert len(results) == found
    if found:
        seen = results[0].current
        assert (seen.measured_value, seen.unit) == (pytest.approx(apart_m), "m")
        assert (seen.required_value, seen.margin) == (30, pytest.approx(apart_m - 30))


def test_zones_of_two_plans_on_the_same_ground_are_0_m_apart():
    plan("next-city", industry(square(50, 0, 100)))
    plan("city", homes(square(0, 0, 100)))

    [finding] = find(APART)

    assert finding.current.measured_value == 0


def test_a_planned_road_and_a_planned_pump_are_measured_by_length_and_place():
    plan("province", industry(line((50, 50), (150, 50)), "ROAD"), industry(at(20, 20), "PUMP"))
    plan("city", homes(square(0, 0, 100)))

    measured = {
        f.subject_id: (f.current.measured_value, f.current.unit) for f in find(ON_THE_SAME_GROUND)
    }

    assert measured == {"ROAD": (pytest.approx(50.0), "m"), "PUMP": (1.0, "place")}


def test_two_plans_that_both_sides_mean_are_compared_once():
    both = {"classes": ["I2"], "theme": "plan"}
    plan("province", industry(square(0, 0, 100), "A"))
    plan("city", industry(square(50, 0, 100), "B"))

    assert pairs(find(ON_THE_SAME_GROUND | {"subject": both, "object": both})) == {("B", "A")}


def test_it_is_said_which_plan_wants_what_and_what_would_cure_it_in_both_languages():
    plan("province", industry(square(80, 0, 100)), title="Provincial plan")
    plan("city", homes(square(0, 0, 100)), title="City plan")

    [overlap] = find(ON_THE_SAME_GROUND)
    [distance] = find(APART, code="apart")

    said = explain(overlap)
    assert "I (I2) in the plan “Provincial plan” shares 2,000.0 m² with H (R1) in “City" in said
    assert "plan”: the two plans contradict each other." in said
    assert "What would cure it: both plans agreed, with one of the two changed." in said
    assert "Data: province v1, city v1." in said
    assert "lies 0 m from H (R1) in “City plan”; at least 30.0 m is" in explain(distance)
    assert "ប្លង់" in explain_in(overlap, "km")


def test_with_a_single_plan_there_is_nothing_to_compare_and_no_all_clear():
    plan("city", homes(square(0, 0, 100)), industry(square(200, 0, 100)))

    outcome = asked()

    assert outcome.answer == "cannot_tell"
    assert gaps(outcome) == {"no_other_plan"}
    [gap] = outcome.missing
    assert "city is the only plan known to hold R1" in explain_gap(gap)


def test_a_second_plan_that_has_no_homes_but_was_wholly_drawn_lets_the_rule_comply():
    plan("city", homes(square(0, 0, 100)), industry(square(200, 0, 100)))
    plan("province", feature("P", square(0, 0, 50), "GP"))

    outcome = asked()

    assert (outcome.answer, outcome.missing) == ("complies", [])


def test_a_second_plan_nobody_looked_through_keeps_the_rule_from_an_all_clear():
    plan("city", homes(square(0, 0, 100)), industry(square(200, 0, 100)))
    filled_layer("province", feature("P", square(0, 0, 50), "GP"), theme="plan")

    assert asked().answer == "cannot_tell"


def neighbours():
    """Two cities with a border at 100 m, each drawn up to it and not a metre farther."""
    for code in ("I2", "R1"):
        land_use(code)
    west = filled_layer("city", homes(square(0, 0, 50)), theme="plan")
    east = filled_layer("next-city", industry(square(110, 0, 50)), theme="plan")
    set_surveyed_area(layer=west, geometry=WEST, classes=["I2", "R1"])
    set_surveyed_area(layer=east, geometry=EAST, classes=["I2", "R1"])
    return west, east


def test_a_plan_tells_nothing_of_the_ground_beyond_its_own_border():
    west, _east = neighbours()

    alone = asked(APART)  # the industry's own ground is known to the east, not to the west
    set_surveyed_area(layer=west, geometry=CITY, classes=["I2", "R1"], source="nothing beyond")
    told = asked(APART)

    assert (alone.answer, gaps(alone)) == ("cannot_tell", {"not_surveyed"})
    assert (told.answer, gaps(told)) == ("complies", set())


def test_its_own_plan_need_not_be_drawn_around_a_zone_that_is_held_against_another():
    west, east = neighbours()
    set_surveyed_area(layer=west, geometry=CITY, classes=["I2", "R1"], source="nothing beyond")
    put(east, industry(square(-10_000, 0, 50)))

    assert gaps(asked(APART)) == set()  # the east was drawn nowhere around its zone in the west


@pytest.mark.parametrize(
    ("x", "change", "state"),
    [(70, "worse", "open"), (90, "better", "open"), (300, "gone", "resolved")],
)
def test_more_ground_claimed_by_both_is_worse_less_is_better_and_none_resolves(x, change, state):
    layer = plan("province", industry(square(80, 0, 100)))
    plan("city", homes(square(0, 0, 100)))
    book = rulebook(ON_THE_SAME_GROUND)
    detect_conflicts(rulebook=book)

    put(layer, industry(square(x, 0, 100)))
    latest = detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.observations.get(detection=latest).change == change
    assert finding.state == state


def test_a_zone_that_both_cities_agreed_on_may_be_exempt():
    agreed = {"reason": {"en": "agreed"}, "subject": {"attr": "agreed", "op": "eq", "value": True}}
    plan(
        "province",
        industry(square(80, 0, 100)),
        feature("AGREED", square(80, 100, 100), "I2", "planned", agreed=True),
    )
    plan("city", homes(rectangle(0, 0, 100, 200)))

    found = find(ON_THE_SAME_GROUND | {"exemptions": [agreed]})

    assert [f.subject_id for f in found] == ["I"]


def test_a_proposed_zone_is_held_against_the_plans_before_it_is_drawn():
    plan("city", homes(square(0, 0, 100)))
    filled_layer("proposals")
    rule = ON_THE_SAME_GROUND | {"subject": {"classes": ["I2"], "layers": ["proposals", "city"]}}

    [conflict] = findings_for([industry(square(80, 0, 100), "P")], [rulebook(rule)])
    [free] = findings_for([industry(square(800, 0, 100), "P")], [rulebook(rule)])

    assert (conflict.answer, conflict.measured) == ("fails", pytest.approx(2000.0))
    assert free.answer == "complies"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"min_distance_m": 0}, "min_distance_m: is 0, but must be above 0."),
        ({"min_overlap_m2": -1}, "min_overlap_m2: is -1, but must be above 0."),
        (
            {"subject": {"layers": ["zones"]}, "object": {"layers": ["zones"]}},
            "object.layers: is the plan of the subject itself.",
        ),
    ],
)
def test_a_bad_field_is_named(fields, sentence):
    with pytest.raises(RuleFieldError) as refused:
        rule_from_data(ON_THE_SAME_GROUND | fields)

    assert str(refused.value).startswith(sentence)


drawn_zones = st.lists(st.tuples(st.sampled_from(["I2", "R1"]), shapes()), max_size=7)


@few
@given(drawn_zones, drawn_zones, st.sampled_from([40.0, 150.0]))
@taken_back
def test_it_finds_exactly_the_pairs_of_two_plans_that_shapely_finds(first, second, distance_m):
    plans = {"province": first, "city": second}
    named = {
        (slug, f"Z{n}"): (use, shape)
        for slug, zones in plans.items()
        for n, (use, shape) in enumerate(zones)
    }
    for slug, zones in plans.items():
        filled_layer(
            slug, *(feature(f"Z{n}", s, use) for n, (use, s) in enumerate(zones)), theme="plan"
        )
    overlaps, near = {}, {}
    for (slug, name), (use, shape) in named.items():
        for (other, beside), (its_use, its_shape) in named.items():
            if (use, its_use) != ("I2", "R1") or slug == other:
                continue
            pair = (slug, name, other, beside)
            if shape.distance(its_shape) < distance_m:
                near[pair] = shape.distance(its_shape)
            if measure := shared(shape, its_shape):
                overlaps[pair] = measure

    on_ground = measures(find(ON_THE_SAME_GROUND, code="ground"))
    apart = measures(find(APART | {"min_distance_m": distance_m}, code="apart"))

    assert on_ground == pytest.approx(overlaps, rel=1e-9, abs=1e-9)
    assert apart == pytest.approx(near, abs=1e-9)


def shared(shape, other):
    """Square metres, metres or one place that the inner parts share; slivers are nothing."""
    if not shape.relate_pattern(other, "T********"):
        return 0.0
    part = shape.intersection(other)
    if shape.area and other.area:
        return part.area if part.area >= min(1.0, shape.area / 2, other.area / 2) else 0.0
    return part.length if shape.length and other.length else 1.0


def measures(found):
    return {
        (f.subject_layer, f.subject_id, f.object_layer, f.object_id): f.current.measured_value
        for f in found
    }
