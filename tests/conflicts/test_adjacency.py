"""Adjacency: two areas must not lie side by side with nothing between them."""

import pytest
import shapely

from conflicts.explanations import explain, explain_gap, explain_in
from conflicts.groups import groups_of
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
from tests.factories import at, feature, filled_layer, line, outline, rectangle, square

pytestmark = pytest.mark.django_db

BETWEEN = {"classes": ["road", "park"]}
NO_FACTORY_BESIDE_HOMES = rule_data(
    kind="adjacency",
    subject={"classes": ["I2"]},
    object={"classes": ["R1"]},
    max_border_m=10,
    tolerance_m=0.2,
    between=BETWEEN,
    between_within_m=3,
)
ZONES = ("I2", "R1")


def industry(shape=None):
    return feature("I", shape or square(0, 0, 100), "I2")


def homes(shape, stable_id="R"):
    return feature(stable_id, shape, "R1")


def zones(*features):
    return surveyed_layer("zones", *features, looked_for=ZONES)


def roads(*features):
    return surveyed_layer("roads", *features, looked_for=("road", "park"))


def test_homes_that_border_on_a_factory_for_100_m_share_100_m_of_border():
    zones(industry(), homes(square(100, 0, 100)))

    [finding] = find(NO_FACTORY_BESIDE_HOMES)

    seen = finding.current
    assert (finding.subject_id, finding.object_id) == ("I", "R")
    assert (seen.measured_value, seen.required_value, seen.margin) == (100.0, 10.0, -90.0)
    assert seen.unit == "m"
    assert seen.witness.length == pytest.approx(100.0)
    assert shapely.from_wkb(bytes(seen.witness.wkb)).covered_by(square(100, 0, 100).boundary)


def test_what_meets_only_at_a_corner_shares_no_border():
    zones(industry(), homes(square(100, 100, 100)))

    assert find(NO_FACTORY_BESIDE_HOMES) == []


def test_shops_beside_a_factory_are_no_conflict():
    zones(industry(), feature("C", square(100, 0, 100), "C1"))

    assert find(NO_FACTORY_BESIDE_HOMES) == []


@pytest.mark.parametrize(("height_m", "expected"), [(10, set()), (10.5, {("I", "R")})])
def test_a_border_of_exactly_10_m_is_allowed_and_one_of_10_and_a_half_is_not(height_m, expected):
    zones(industry(), homes(rectangle(100, 0, 30, height_m)))

    assert pairs(find(NO_FACTORY_BESIDE_HOMES)) == expected


@pytest.mark.parametrize(
    ("gap_m", "expected_m"), [(0.2, 100), (-0.2, 100), (0.15, 100), (0.21, None), (-0.21, None)]
)
def test_borders_drawn_up_to_20_cm_apart_or_over_each_other_are_one(gap_m, expected_m):
    zones(industry(), homes(square(100 + gap_m, 0, 100)))

    measured = [finding.current.measured_value for finding in find(NO_FACTORY_BESIDE_HOMES)]

    # a drawing over the other's ground also meets its two other sides end on, for 20 cm at most
    assert measured == pytest.approx([] if expected_m is None else [expected_m], abs=0.5)


def test_a_border_drawn_with_other_corners_on_each_side_counts_once():
    teeth = [(100 + 0.1 * (n % 2), 2 * n) for n in range(51)]
    zones(industry(), homes(outline(*teeth, (200, 100), (200, 0))))

    [finding] = find(NO_FACTORY_BESIDE_HOMES)

    assert finding.current.measured_value == pytest.approx(100.0, abs=1e-6)


def test_seen_from_the_other_side_the_border_is_as_long():
    zones(industry(), homes(rectangle(100, 40, 50, 500)))
    turned = NO_FACTORY_BESIDE_HOMES | {
        "subject": {"classes": ["R1"]},
        "object": {"classes": ["I2"]},
    }

    [finding] = find(NO_FACTORY_BESIDE_HOMES)
    [mirrored] = find(turned, code="turned")

    assert finding.current.measured_value == mirrored.current.measured_value == 60.0
    assert (mirrored.subject_id, mirrored.object_id) == ("R", "I")


def test_a_slanting_border_is_measured_along_the_slant():
    zones(
        industry(outline((0, 0), (300, 400), (0, 400))),
        homes(outline((0, 0), (300, 0), (300, 400))),
    )

    [finding] = find(NO_FACTORY_BESIDE_HOMES)

    # in the sharp corners the other two sides lie within 20 cm too: 0.2 / tan, 27 cm and 15 cm
    assert finding.current.measured_value == pytest.approx(500 + 0.2 * 4 / 3 + 0.2 * 3 / 4)


def test_homes_all_around_a_factory_count_its_whole_border():
    ring = square(-100, -100, 300).difference(square(0, 0, 100))
    zones(industry(), homes(ring))

    [finding] = find(NO_FACTORY_BESIDE_HOMES)

    assert finding.current.measured_value == pytest.approx(400.0)


def test_a_road_along_the_whole_border_lies_between():
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("ROAD", line((101, -50), (101, 150)), "road"))

    assert find(NO_FACTORY_BESIDE_HOMES) == []


def test_a_road_along_80_m_of_the_border_leaves_20_m_open():
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("ROAD", line((102, -50), (102, 80)), "road"))

    [finding] = find(NO_FACTORY_BESIDE_HOMES)

    assert finding.current.measured_value == pytest.approx(20.0)
    assert finding.current.facts["border_m"] == pytest.approx(100.0)
    assert finding.current.witness.length == pytest.approx(20.0)


@pytest.mark.parametrize(("x", "expected"), [(103, set()), (103.5, {("I", "R")})])
def test_a_road_3_m_from_the_border_is_between_and_one_farther_off_is_inside(x, expected):
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("ROAD", line((x, -50), (x, 150)), "road"))

    assert pairs(find(NO_FACTORY_BESIDE_HOMES)) == expected


def test_a_green_strip_drawn_over_both_zones_lies_between():
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("GREEN", rectangle(95, 0, 10, 100), "park"))

    assert find(NO_FACTORY_BESIDE_HOMES) == []


def test_a_canal_along_the_border_is_neither_road_nor_green():
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("CANAL", line((100, -50), (100, 150)), "river"))

    assert pairs(find(NO_FACTORY_BESIDE_HOMES)) == {("I", "R")}


def test_a_closed_road_lies_between_nothing():
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("ROAD", line((100, -50), (100, 150)), "road", "closed"))

    assert pairs(find(NO_FACTORY_BESIDE_HOMES)) == {("I", "R")}


def test_a_road_is_no_separation_where_the_rule_names_none():
    rule = {k: v for k, v in NO_FACTORY_BESIDE_HOMES.items() if not k.startswith("between")}
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("ROAD", line((100, -50), (100, 150)), "road"))

    [finding] = find(rule)

    assert finding.current.measured_value == 100.0
    assert "share 100.0 m of border (lines up to 0.20 m apart are one); at most 10.0 m is" in (
        explain(finding)
    )


def test_two_plots_of_one_class_are_reported_once():
    zones(feature("A", square(0, 0, 50), "R1"), feature("B", square(50, 0, 50), "R1"))
    side = {"classes": ["R1"]}

    [finding] = find(rule_data(kind="adjacency", subject=side, object=side))

    assert (finding.subject_id, finding.object_id) == ("A", "B")


def test_one_zone_recorded_in_two_layers_does_not_border_on_itself():
    zones(feature("A", square(0, 0, 50), "R1"))
    surveyed_layer("plan", feature("A2", square(0, 0, 50), "R1"), looked_for=ZONES)
    side = {"classes": ["R1"]}

    assert find(rule_data(kind="adjacency", subject=side, object=side)) == []


def test_a_wall_of_green_may_exempt_a_pair():
    wall = {"reason": {"en": "walled"}, "object": {"attr": "walled", "op": "eq", "value": True}}
    zones(
        industry(),
        feature("WALLED", square(100, 0, 100), "R1", walled=True),
        homes(square(-100, 0, 100), "OPEN"),
    )

    assert pairs(find(NO_FACTORY_BESIDE_HOMES | {"exemptions": [wall]})) == {("I", "OPEN")}


def test_a_factory_drawn_as_a_point_cannot_be_judged_and_is_named():
    zones(industry(), feature("POINT", at(500, 500), "I2"))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_BESIDE_HOMES)))

    assert (outcome.answer, outcome.subjects_checked) == ("cannot_tell", 1)
    [gap] = [gap for gap in outcome.missing if gap["side"] == "subject"]
    assert (gap["gap"], gap["count"], gap["examples"]) == ("no_area", 1, ["POINT"])
    assert "drawn as points or lines" in explain_gap(gap)
    assert "POINT" in explain_gap(gap)


def test_homes_drawn_as_points_keep_the_rule_from_an_all_clear():
    zones(industry(), feature("POINT", at(101, 50), "R1"))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_BESIDE_HOMES)))

    assert outcome.answer == "cannot_tell"
    assert {(gap["gap"], gap["side"]) for gap in outcome.missing} == {("no_area", "object")}


def test_without_a_survey_of_homes_nobody_can_say_what_lies_beside_the_factory():
    filled_layer("zones", industry())

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_BESIDE_HOMES)))

    assert outcome.answer == "cannot_tell"


def test_surveyed_ground_without_homes_beside_the_factory_complies():
    zones(industry(), homes(square(101, 0, 100)))

    outcome = only_outcome(detect_conflicts(rulebook=rulebook(NO_FACTORY_BESIDE_HOMES)))

    assert (outcome.answer, outcome.missing) == ("complies", [])


def test_a_finding_is_not_resolved_by_drawing_the_homes_as_a_point():
    layer = zones(industry(), homes(square(100, 0, 100)))
    book = rulebook(NO_FACTORY_BESIDE_HOMES)
    detect_conflicts(rulebook=book)

    put(layer, industry(), homes(at(150, 50)))
    detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert (finding.state, finding.note) == ("open", "cannot_recheck")


@pytest.mark.parametrize(
    ("width_m", "change"), [(100, "unchanged"), (120, "worse"), (60, "better"), (10, "gone")]
)
def test_a_longer_border_is_worse_a_shorter_one_better(width_m, change):
    wide = square(0, 0, 200)
    layer = zones(industry(wide), homes(rectangle(200, 0, 50, 100)))
    book = rulebook(NO_FACTORY_BESIDE_HOMES)
    detect_conflicts(rulebook=book)

    put(layer, industry(wide), homes(rectangle(200, 0, 50, width_m)))
    latest = detect_conflicts(rulebook=book)

    [finding] = Finding.objects.all()
    assert finding.observations.get(detection=latest).change == change
    assert finding.state == ("resolved" if change == "gone" else "open")


def test_a_road_built_between_resolves_the_finding():
    zones(industry(), homes(square(100, 0, 100)))
    layer = roads()
    book = rulebook(NO_FACTORY_BESIDE_HOMES)
    detect_conflicts(rulebook=book)

    put(layer, feature("ROAD", line((100, -50), (100, 150)), "road"))
    detect_conflicts(rulebook=book)

    assert Finding.objects.get().state == "resolved"


def test_the_finding_says_how_long_what_is_allowed_on_what_basis_and_what_would_cure_it():
    zones(industry(), homes(square(100, 0, 100)))
    roads(feature("ROAD", line((102, -50), (102, 80)), "road"))

    [finding] = find(NO_FACTORY_BESIDE_HOMES)

    said = explain(finding)
    assert "I (I2) and R (R1) share 100.0 m of border (lines up to 0.20 m apart are one)" in said
    assert "20.0 m of it with nothing between; at most 10.0 m is allowed" in said
    assert "One of these along the border would cure it: road, park." in said
    assert "Value chosen for the test. Demo value without legal force." in said
    assert "ព្រំរួម" in explain_in(finding, "km")


def test_several_homes_along_one_factory_are_told_as_one_group():
    zones(industry(), homes(square(100, 0, 100), "R"), homes(rectangle(0, 100, 40, 40), "S"))
    find(NO_FACTORY_BESIDE_HOMES)

    [group] = groups_of(Finding.objects.all())

    assert group["count"] == 2


def test_what_is_drawn_as_a_point_in_a_proposal_cannot_be_told():
    zones(homes(square(100, 0, 100)))
    filled_layer("proposals")

    judged = findings_for([feature("P", at(99, 50), "I2", "proposed")],
                          [rulebook(NO_FACTORY_BESIDE_HOMES)])  # fmt: skip

    [judgement] = judged
    assert judgement.answer == "cannot_tell"
    assert "drawn as a point or line" in judgement.missing[0]["en"]


def test_a_proposed_factory_beside_homes_is_told_before_it_is_drawn_into_the_plan():
    zones(homes(square(100, 0, 100)))
    roads(feature("ROAD", line((102, -50), (102, 80)), "road"))
    filled_layer("proposals")

    judged = findings_for([feature("P", square(0, 0, 100), "I2", "proposed")],
                          [rulebook(NO_FACTORY_BESIDE_HOMES)])  # fmt: skip

    [judgement] = judged
    assert (judgement.answer, judgement.measured) == ("fails", pytest.approx(20.0))


def test_a_road_that_is_not_public_separates_nothing_for_the_public_who_are_told_so():
    zones(homes(square(100, 0, 100)))
    hidden = surveyed_layer("roads", feature("ROAD", line((100, -50), (100, 150)), "road"),
                            visibility="internal")  # fmt: skip
    filled_layer("proposals")
    asked = feature("P", square(0, 0, 100), "I2", "proposed")
    book = rulebook(NO_FACTORY_BESIDE_HOMES)

    public = findings_for([asked], [book], seen=("public",))
    staff = findings_for([asked], [book])

    assert hidden.visibility == "internal"
    assert {judgement.answer for judgement in public} == {"fails", "cannot_tell"}
    assert {judgement.answer for judgement in staff} == {"complies"}
