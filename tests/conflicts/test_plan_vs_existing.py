"""Plan against ground: what stands on zones of the plan that do not permit it."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from conflicts.explanations import explain, explain_in
from conflicts.exports import finding_record
from conflicts.models import Finding
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from tests.conflicts.ground import (
    find,
    only_outcome,
    pairs,
    put,
    rule_data,
    rulebook,
    surveyed_layer,
)
from tests.conflicts.test_against_shapely import build, cities, few, of, shapes, taken_back
from tests.factories import at, feature, filled_layer, line, rectangle, square

pytestmark = pytest.mark.django_db

STANDS = ["existing", "under_construction"]
NO_FACTORY_IN_HOUSING = rule_data(
    kind="plan_vs_existing",
    subject={"classes": ["factory"], "lifecycles": STANDS},
    object={"classes": ["R1", "R2"], "layers": ["zones"]},
    min_share=0.25,
)


def zones(*features):
    housing = features or (feature("Z", square(0, 0, 100), "R1"),)
    return surveyed_layer("zones", *housing, looked_for=("R1", "R2"))


def uses(*features):
    return surveyed_layer("buildings", *features, looked_for=("factory",))


def factory(shape, stable_id="F", lifecycle="existing"):
    return feature(stable_id, shape, "factory", lifecycle)


def test_a_factory_that_stands_with_200_of_its_400_m2_in_a_housing_zone_is_nonconforming():
    zones()
    uses(factory(square(90, 0, 20)))

    [finding] = find(NO_FACTORY_IN_HOUSING)

    seen = finding.current
    assert (finding.subject_id, finding.object_id) == ("F", "Z")
    assert (seen.measured_value, seen.unit) == (pytest.approx(200.0), "m2")
    assert (seen.required_value, seen.margin) == (0, pytest.approx(-200.0))
    assert seen.facts == {"subject_share": pytest.approx(0.5), "existing_nonconforming": True}
    assert seen.witness.area == pytest.approx(200.0)


def test_a_factory_that_only_touches_the_housing_zone_conforms():
    zones()
    uses(factory(square(100, 0, 20)), factory(line((100, 0), (100, 50)), "WALL"))

    assert find(NO_FACTORY_IN_HOUSING) == []


def test_another_use_and_another_zone_are_no_conflict():
    zones(feature("Z", square(0, 0, 100), "R1"), feature("I", square(100, 0, 100), "I1"))
    uses(feature("SCHOOL", square(10, 10, 20), "school"), factory(square(110, 10, 20)))

    assert find(NO_FACTORY_IN_HOUSING) == []


@pytest.mark.parametrize(("x", "expected"), [(95, {("F", "Z")}), (95.1, set())])
def test_exactly_a_quarter_of_its_ground_counts_and_a_little_less_is_a_border_drawn_off(
    x, expected
):
    zones()
    uses(factory(square(x, 0, 20)))

    assert pairs(find(NO_FACTORY_IN_HOUSING)) == expected


def test_small_shares_in_several_housing_zones_count_together():
    west, east = square(0, 0, 100), square(102, 0, 100)
    zones(feature("W", west, "R1"), feature("E", east, "R2"))
    uses(factory(rectangle(99.5, 0, 3, 20)))  # 10 m2 of 60 m2 in each: together a third

    found = find(NO_FACTORY_IN_HOUSING)

    assert pairs(found) == {("F", "W"), ("F", "E")}
    assert [f.current.measured_value for f in found] == pytest.approx([10, 10])


def test_a_sliver_below_a_square_metre_in_a_second_zone_is_left_out():
    zones(feature("W", square(0, 0, 100), "R1"), feature("E", square(100, 0, 100), "R2"))
    uses(factory(rectangle(80.04, 0, 20, 20)))  # 0.8 m2 lie in E

    assert pairs(find(NO_FACTORY_IN_HOUSING)) == {("F", "W")}


def test_a_factory_known_as_a_point_is_seen_inside_but_not_on_the_edge():
    zones()
    uses(factory(at(50, 50), "IN"), factory(at(100, 50), "EDGE"))

    [finding] = find(NO_FACTORY_IN_HOUSING)

    assert finding.subject_id == "IN"
    assert (finding.current.measured_value, finding.current.unit) == (1.0, "place")
    assert "IN (factory) stands on Z (R1), where the plan does not permit this use." in (
        explain(finding)
    )


def test_a_conveyor_is_measured_by_its_length_inside():
    zones()
    uses(factory(line((50, 50), (150, 50))))

    [finding] = find(NO_FACTORY_IN_HOUSING)

    assert (finding.current.measured_value, finding.current.unit) == (pytest.approx(50.0), "m")


@pytest.mark.parametrize("lifecycle", ["planned", "proposed", "permitted", "reserved", "closed"])
def test_what_does_not_stand_is_not_asked(lifecycle):
    zones()
    uses(factory(square(10, 10, 20), lifecycle=lifecycle))

    assert find(NO_FACTORY_IN_HOUSING) == []


def test_what_is_being_built_conflicts_but_is_no_existing_use():
    zones()
    uses(factory(square(10, 10, 20), lifecycle="under_construction"))

    [finding] = find(NO_FACTORY_IN_HOUSING)

    assert finding.current.facts["existing_nonconforming"] is False
    assert "It is under construction." in explain(finding)
    assert "nonconforming" not in explain(finding)


def test_it_is_said_what_stands_where_on_what_basis_and_what_would_cure_it_in_both_languages():
    zones()
    uses(factory(square(90, 0, 20)))

    [finding] = find(NO_FACTORY_IN_HOUSING)

    said = explain(finding)
    assert "F (factory) stands with 200.0 m² (50 % of it) on Z (R1), where the plan does" in said
    assert "It exists already: an existing nonconforming use." in said
    assert "What would cure it: another place for the use, or a plan that permits it here." in said
    assert "Value chosen for the test. Demo value without legal force." in said
    assert "មិនស្របតាមប្លង់" in explain_in(finding, "km")


def test_exports_mark_the_existing_nonconforming_uses():
    zones()
    uses(
        factory(square(10, 10, 20), "OLD"),
        factory(square(50, 10, 20), "NEW", "under_construction"),
    )

    records = [finding_record(finding) for finding in find(NO_FACTORY_IN_HOUSING)]

    marked = {record["subject"]: record["existing_nonconforming"] for record in records}
    assert marked == {"OLD": True, "NEW": False}


def test_a_zone_drawn_as_a_point_keeps_the_rule_from_an_all_clear():
    zones(feature("Z", at(50, 50), "R1"))
    uses(factory(square(40, 40, 20)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_IN_HOUSING)))

    assert outcome.answer == "cannot_tell"
    assert ("no_area", "object") in {(gap["gap"], gap["side"]) for gap in outcome.missing}


def test_where_the_plan_was_never_drawn_nobody_can_tell_what_it_permits():
    filled_layer("zones", feature("Z", square(500, 0, 100), "R1"))
    uses(factory(square(10, 10, 20)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_IN_HOUSING)))

    assert outcome.answer == "cannot_tell"


def test_a_factory_beside_the_housing_zones_of_a_whole_plan_conforms():
    zones()
    uses(factory(square(200, 10, 20)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_IN_HOUSING)))

    assert (outcome.answer, outcome.missing) == ("complies", [])


@pytest.mark.parametrize(("x", "change"), [(85, "worse"), (94, "better"), (120, "gone")])
def test_more_of_it_in_the_zone_is_worse_less_is_better_and_none_resolves(x, change):
    zones()
    layer = uses(factory(square(90, 0, 20)))
    book = rulebook(NO_FACTORY_IN_HOUSING)
    detect_conflicts(rulebook=book)

    put(layer, factory(square(x, 0, 20)))
    latest = detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.observations.get(detection=latest).change == change
    assert finding.state == ("resolved" if change == "gone" else "open")


def test_a_factory_marked_as_tolerated_may_be_exempt():
    tolerated = {"reason": {"en": "t"}, "subject": {"attr": "tolerated", "op": "eq", "value": True}}
    zones()
    uses(
        factory(square(10, 10, 20), "STAYS"),
        feature("MAY", square(50, 10, 20), "factory", tolerated=True),
    )

    found = find(NO_FACTORY_IN_HOUSING | {"exemptions": [tolerated]})

    assert pairs(found) == {("STAYS", "Z")}


def test_a_housing_zone_drawn_over_a_factory_is_told_before_the_plan_is_changed():
    zones(feature("W", square(0, 0, 100), "R1"))
    uses(factory(rectangle(90, 0, 40, 10)))
    rule = NO_FACTORY_IN_HOUSING | {"object": {"classes": ["R1"]}, "min_share": 0.5}
    filled_layer("proposals")

    judged = findings_for([feature("P", square(100, 0, 15), "R1")], [rulebook(rule)])

    # 150 m2 of 400 m2 alone are less than half; with the 100 m2 in the zone beside they are more
    [judgement] = judged
    assert (judgement.answer, judgement.measured) == ("fails", pytest.approx(150.0))


def spread(places, share):
    """By brute force: which uses lie in the zones with at least this share, and how far in each."""
    expected = {}
    for use in of(places, "landfill"):
        extent = "area" if use.geometry.area else "length"
        whole = getattr(use.geometry, extent)
        cuts = {}
        for zone in of(places, "school"):
            part = use.geometry.intersection(zone.geometry)
            inside = shapely.relate_pattern(use.geometry, zone.geometry, "T********")
            cuts[zone.stable_id] = (getattr(part, extent) if whole else 1.0) if inside else 0.0
        enough = sum(cuts.values()) >= share * whole - 1e-9
        for zone_id, measure in cuts.items():
            if measure and (not whole or (enough and measure >= min(1.0, share * whole - 1e-9))):
                expected[use.stable_id, zone_id] = measure
    return expected


uses_and_zones = st.tuples(cities(shapes()), cities(shapes(("box", "diamond"))))


@few
@given(uses_and_zones, st.sampled_from([0.05, 0.3, 0.8]))
@taken_back
def test_it_finds_exactly_the_shares_that_shapely_cuts(drawn, share):
    buildings, plan = drawn
    places = build(
        [("landfill", shape) for _use, shape in buildings]
        + [("school", shape) for _use, shape in plan]
    )

    found = find(rule_data(kind="plan_vs_existing", min_share=share))

    measured = {(f.subject_id, f.object_id): f.current.measured_value for f in found}
    assert measured == pytest.approx(spread(places, share), rel=1e-9, abs=1e-9)
