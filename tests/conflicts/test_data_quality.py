"""Records that no rule can judge, or that should not stand as they are."""

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain, explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data, rule_to_data
from conflicts.services import detect_conflicts
from conflicts.whatif import findings_for
from tests.conflicts.ground import find, only_outcome, pairs, put, rule_data, rulebook
from tests.conflicts.test_against_shapely import few, shapes, taken_back
from tests.factories import at, feature, filled_layer, line, rectangle, square

pytestmark = pytest.mark.django_db


def quality(check, **fields):
    return rule_data(kind="data_quality", check=check, **fields)


WITHOUT_CLASS = quality("no_class")
HEIGHT = quality("attribute", attribute="height_m", least=2, greatest=150)
TWICE = quality("duplicate", tolerance_m=0.05)
OVERLAPPING = quality("overlap", tolerance_m=0.05)
SLIVER = quality("sliver", tolerance_m=1)


def buildings(*features):
    return filled_layer("buildings", *features)


def house(stable_id="H", shape=None, use="residential", **properties):
    return feature(stable_id, shape or square(0, 0, 10), use, **properties)


def subjects(rule):
    return {f.subject_id for f in find(rule)}


def outcome_of(rule):
    return only_outcome(detect_conflicts(rulebook=rulebook(rule)))


def test_a_building_without_a_class_is_found_and_one_with_a_class_is_not():
    buildings(house("NONE", use=None), house("HOME", square(50, 0, 10)))

    [finding] = find(WITHOUT_CLASS)

    assert (finding.subject_id, finding.object_layer, finding.object_id) == ("NONE", "", "")
    assert finding.current.unit == "place"
    assert square(0, 0, 10).covers(shapely.from_wkb(bytes(finding.current.witness.wkb)))
    assert "no rule that names classes sees it" in explain(finding)


@pytest.mark.parametrize(
    ("stated", "problem", "measured"),
    [
        ({}, "missing", 1),
        ({"height_m": None}, "missing", 1),
        ({"height_m": "  "}, "missing", 1),
        ({"height_m": "12 m"}, "no_number", 1),
        ({"height_m": True}, "no_number", 1),
        ({"height_m": 1.99}, "below", 1.99),
        ({"height_m": 150.01}, "above", 150.01),
    ],
)
def test_a_height_that_is_missing_no_number_or_not_plausible_is_found(stated, problem, measured):
    buildings(house(**stated))

    [finding] = find(HEIGHT)

    assert finding.current.facts["problem"] == problem
    assert finding.current.measured_value == pytest.approx(measured)
    assert finding.current.margin < 0


@pytest.mark.parametrize("height_m", [2, 150, 9.5])
def test_a_height_at_the_limits_and_between_them_is_plausible(height_m):
    buildings(house(height_m=height_m))

    assert find(HEIGHT) == []


def test_without_limits_an_attribute_need_only_be_stated_in_any_words():
    buildings(house("A", name="Sokha"), house("B", square(50, 0, 10), name=7), house("C"))

    assert subjects(quality("attribute", attribute="name")) == {"C"}


def test_how_far_beyond_the_limit_is_measured_in_metres():
    buildings(house(height_m=160))

    [finding] = find(HEIGHT)

    seen = finding.current
    assert (seen.unit, seen.required_value, seen.margin) == ("m", 150, pytest.approx(-10))
    assert "H (residential) states 160.0 m as height; above 150.0 m it is not" in explain(finding)


@pytest.mark.parametrize(("shift_m", "found"), [(0, 1), (0.05, 1), (0.051, 0), (10, 0)])
def test_one_house_recorded_twice_is_found_up_to_the_tolerance_apart(shift_m, found):
    buildings(house("A"), house("B", square(shift_m, 0, 10)))

    results = find(TWICE)

    assert len(results) == found
    if found:
        assert pairs(results) == {("A", "B")}
        assert results[0].current.measured_value == pytest.approx(shift_m, abs=1e-6)


def test_houses_side_by_side_one_in_another_and_two_uses_of_one_house_are_no_duplicates():
    buildings(
        house("A"),
        house("BESIDE", square(10, 0, 10)),
        house("WITHIN", square(2, 2, 3)),
        house("SHOP", square(0, 0, 10), use="market"),
    )

    assert find(TWICE) == []


def test_what_lacks_a_class_may_be_the_same_house():
    buildings(house("A"), house("B", use=None))

    assert pairs(find(TWICE)) == {("A", "B")}


def test_a_house_and_a_facility_in_another_layer_are_not_one_record_twice():
    rule = TWICE | {"subject": {"layers": ["buildings", "facilities"]}}
    buildings(house("A"))
    filled_layer("facilities", house("B"))

    assert find(rule) == []


def test_two_pumps_recorded_as_points_a_hand_apart_are_one():
    buildings(house("P", at(0, 0)), house("Q", at(0.03, 0.04)), house("R", at(0.2, 0)))

    [finding] = find(TWICE)

    assert (finding.subject_id, finding.object_id) == ("P", "Q")
    assert finding.current.measured_value == pytest.approx(0.05)


def test_three_records_of_one_house_are_three_pairs():
    buildings(house("A"), house("B"), house("C"))

    assert pairs(find(TWICE)) == {("A", "B"), ("A", "C"), ("B", "C")}


@pytest.mark.parametrize(("overlap_m", "found"), [(0, 0), (0.049, 0), (0.05, 1), (3, 1)])
def test_areas_that_overlap_wider_than_the_tolerance_are_found(overlap_m, found):
    buildings(house("A"), house("B", square(10 - overlap_m, 0, 10)))

    results = find(OVERLAPPING)

    assert len(results) == found
    if found:
        assert results[0].current.measured_value == pytest.approx(10 * overlap_m, rel=1e-6)
        assert results[0].current.unit == "m2"


def test_a_line_over_a_house_is_no_overlap_of_areas():
    buildings(house("A"), house("L", line((-5, 5), (15, 5))))

    assert find(OVERLAPPING) == []


@pytest.mark.parametrize(("width_m", "found"), [(0.99, 1), (1, 0), (1.5, 0)])
def test_an_area_nowhere_as_wide_as_a_metre_is_a_sliver(width_m, found):
    buildings(house("A", rectangle(0, 0, 40, width_m)))

    results = find(SLIVER)

    assert len(results) == found
    if found:
        assert results[0].current.measured_value == pytest.approx(width_m, rel=0.01)


def test_a_plot_with_a_narrow_lane_is_as_wide_as_its_widest_place():
    buildings(house("A", square(0, 0, 10).union(rectangle(10, 4, 30, 0.5))))

    assert find(SLIVER) == []


def test_records_that_are_all_in_order_comply_whatever_was_surveyed():
    buildings(house("A"), house("B", square(50, 0, 10)))

    outcome = outcome_of(TWICE)

    assert (outcome.answer, outcome.missing, outcome.subjects_checked) == ("complies", [], 2)


def test_an_empty_layer_has_no_records_to_judge_and_a_missing_one_cannot_be_told():
    buildings()
    empty = outcome_of(WITHOUT_CLASS)
    missing = outcome_of(quality("no_class", subject={"layers": ["parcels"]}))

    assert empty.answer == "not_applicable"
    assert (missing.answer, missing.missing[0]["gap"]) == ("cannot_tell", "missing_layer")


def test_a_record_whose_condition_is_unknown_is_named_not_judged():
    where = {"attr": "storeys", "op": "gt", "value": 3}
    buildings(house("TALL", storeys=5), house("UNKNOWN", square(50, 0, 10)))

    outcome = outcome_of(HEIGHT | {"subject": {"layers": ["buildings"], "where": where}})

    assert {f.subject_id for f in Finding.objects.all()} == {"TALL"}
    assert [(gap["gap"], gap["examples"]) for gap in outcome.missing] == [
        ("unknown_attribute", ["UNKNOWN"])
    ]


def test_a_corrected_record_and_one_that_was_retired_resolve_without_any_survey():
    layer = buildings(house("A"), house("B"), house("C", square(50, 0, 10), use=None))
    book = rulebook(TWICE, WITHOUT_CLASS | {"code": "T-02"})
    detect_conflicts(rulebook=book)
    assert Finding.objects.filter(state="open").count() == 2

    put(layer, house("A"), house("C", square(50, 0, 10)))
    detect_conflicts(rulebook=book)

    assert {f.state for f in Finding.objects.all()} == {"resolved"}


def test_farther_beyond_the_limit_is_worse_and_nearer_is_better():
    layer = buildings(house("UP", height_m=160), house("DOWN", square(50, 0, 10), height_m=160))
    book = rulebook(HEIGHT)
    detect_conflicts(rulebook=book)

    put(layer, house("UP", height_m=170), house("DOWN", square(50, 0, 10), height_m=155))
    latest = detect_conflicts(rulebook=book)

    changes = {o.finding.subject_id: o.change for o in latest.observations.all()}
    assert changes == {"UP": "worse", "DOWN": "better"}


def test_every_problem_is_told_with_its_cure_in_both_languages():
    buildings(
        house("A"), house("B"),
        house("S", rectangle(90, 0, 40, 0.5)),
        house("O", square(200, 0, 10)), house("P", square(205, 0, 10)),
        house("N", square(300, 0, 10), use=None, height_m="tall"),
    )  # fmt: skip
    rules = [
        rule | {"code": f"T-{n}"}
        for n, rule in enumerate((WITHOUT_CLASS, HEIGHT, TWICE, OVERLAPPING, SLIVER))
    ]

    found = find(*rules)

    assert {f.rule_code for f in found} == {f"T-{n}" for n in range(5)}
    for finding in found:
        assert "What would cure it: " in explain(finding)
        assert "ដើម្បីកែ៖" in explain_in(finding, "km")
    stated = {f.subject_id: explain(f) for f in found if f.rule_code == "T-1"}
    assert 'states "tall" as height: no number.' in stated["N"]
    assert "S (residential) does not state height." in stated["S"]


def test_a_proposal_is_asked_for_its_height_and_against_what_is_recorded():
    subject = {"layers": ["buildings", "proposals"]}
    filled_layer("proposals", house("OLD"))
    rules = [HEIGHT | {"subject": subject}, TWICE | {"code": "T-02", "subject": subject}]

    judged = findings_for([house("PLAN", height_m=9)], [rulebook(*rules)])

    answers = {judgement.rule.code: judgement.answer for judgement in judged}
    assert answers == {"T-01": "complies", "T-02": "fails"}
    [twice] = [judgement for judgement in judged if judgement.answer == "fails"]
    assert (twice.finding.subject_id, twice.finding.object_id) == ("OLD", "PLAN")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"check": "beauty"}, "check: 'beauty' is unknown."),
        ({"check": "attribute"}, "attribute: belongs to check: attribute"),
        ({"attribute": "height_m"}, "attribute: belongs to check: attribute"),
        ({"least": 2}, "least: belongs to check: attribute"),
        ({"greatest": 2}, "greatest: belongs to check: attribute"),
        ({"tolerance_m": 0}, "tolerance_m: is 0, but must be above 0."),
        ({"tolerance_m": 11}, "tolerance_m: is 11, more than 10."),
        ({"object": {"classes": ["school"]}}, "object: is no field here."),
    ],
)
def test_a_bad_field_is_named(fields, sentence):
    with pytest.raises(RuleFieldError) as refused:
        rule_from_data(TWICE | fields)

    assert str(refused.value).startswith(sentence)


def test_limits_that_cross_are_refused_and_a_rule_is_written_as_it_was_read():
    with pytest.raises(RuleFieldError, match="least: is more than the greatest"):
        rule_from_data(HEIGHT | {"least": 200})

    assert rule_from_data(rule_to_data(rule_from_data(HEIGHT))) == rule_from_data(HEIGHT)


# No whole metres: a box as wide as the tolerance to the last digit is a matter of rounding.
tolerances = st.sampled_from([0.05, 1.003, 5.007])
areas = st.lists(shapes(("box", "diamond")), min_size=1, max_size=10)


@few
@given(areas, tolerances)
@taken_back
def test_overlaps_and_slivers_are_those_that_shapely_finds_as_wide(drawn, tolerance_m):
    named = {f"H{n:02}": shape for n, shape in enumerate(drawn)}
    buildings(*(house(name, shape) for name, shape in named.items()))
    shared = {
        (a, b): named[a].intersection(named[b])
        for a in named
        for b in named
        if a < b and named[a].intersection(named[b]).area
    }

    def is_wide(shape):
        return not shape.buffer(-(tolerance_m / 2 - 1e-6)).is_empty

    overlaps = find(OVERLAPPING | {"tolerance_m": tolerance_m}, code="overlaps")
    slivers = find(SLIVER | {"tolerance_m": tolerance_m}, code="slivers")

    measured = {(f.subject_id, f.object_id): f.current.measured_value for f in overlaps}
    expected = {pair: shape.area for pair, shape in shared.items() if is_wide(shape)}
    assert measured == pytest.approx(expected, rel=1e-9)
    assert {f.subject_id for f in slivers} == {n for n, s in named.items() if not is_wide(s)}


@few
@given(
    st.lists(shapes(), min_size=1, max_size=6),
    st.sampled_from([0.0, 0.4, 0.9]),
    st.sampled_from([0.5, 1.0]),
)
@taken_back
def test_copies_are_found_exactly_as_far_as_they_were_moved(drawn, moved_m, tolerance_m):
    originals = [house(f"A{n}", shape, use=f"use{n}") for n, shape in enumerate(drawn)]
    copies = [
        house(f"B{n}", affinity.translate(shape, moved_m, 0), use=f"use{n}")
        for n, shape in enumerate(drawn)
    ]
    buildings(*originals, *copies)

    found = find(TWICE | {"tolerance_m": tolerance_m})

    near = {(f"A{n}", f"B{n}") for n in range(len(drawn)) if moved_m <= tolerance_m}
    assert pairs(found) == near
