"""Hazard exposure: what stands where a hazard map shows danger."""

import pytest

from conflicts.models import RuleOutcome
from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, pairs, rule_data
from tests.factories import at, feature, filled_layer, rectangle, square

pytestmark = pytest.mark.django_db

DEPTHS = {
    "H0": (0.0, 0.01), "H1": (0.01, 0.3), "H2": (0.3, 0.6), "H3": (0.6, 1.2), "H4": (1.2, None),
}  # fmt: skip
HOSPITAL_IN_FLOOD = rule_data(
    kind="hazard_exposure",
    subject={"classes": ["hospital"]},
    severity="critical",
    return_period_years=100,
)
GRADED = HOSPITAL_IN_FLOOD | {
    "thresholds": [
        {"depth_ge_m": 0.3, "severity": "medium"},
        {"depth_ge_m": 0.6, "severity": "high"},
        {"depth_ge_m": 1.2, "severity": "critical"},
    ]
}


def water(stable_id, shape, hazard_class="H2", period=100, **more):
    low, high = DEPTHS[hazard_class]
    return feature(
        stable_id, shape, hazard_class=hazard_class, depth_min_m=low, depth_max_m=high,
        return_period_years=period, **more,
    )  # fmt: skip


def flood(*areas, slug="flood-r100", domain=CITY):
    layer = filled_layer(slug, *areas, theme="hazard-flood")
    set_surveyed_area(layer=layer, geometry=domain)
    return layer


def hospital(shape, stable_id="H"):
    return filled_layer("facilities", feature(stable_id, shape, "hospital"))


def test_a_hospital_half_in_the_water_is_exposed_by_half():
    flood(water("W", square(0, 0, 100)))
    hospital(square(90, 0, 20))

    [finding] = find(HOSPITAL_IN_FLOOD)

    assert (finding.object_layer, finding.object_id) == ("flood-r100", "*")
    assert finding.severity == "critical"
    assert finding.current.facts["subject_share"] == pytest.approx(0.5)
    assert finding.current.facts["hazard_class"] == "H2"
    assert finding.current.witness.area == pytest.approx(200.0)


def test_a_hospital_beside_the_water_is_not_exposed():
    flood(water("W", square(0, 0, 100)))
    hospital(square(100, 0, 20))

    assert find(HOSPITAL_IN_FLOOD) == []


def test_a_school_is_not_judged_by_the_rule_for_hospitals():
    flood(water("W", square(0, 0, 100)))
    filled_layer("facilities", feature("S", square(50, 50, 20), "school"))

    assert find(HOSPITAL_IN_FLOOD) == []


def test_a_wet_sliver_below_1_m2_is_noise_and_1_m2_counts():
    flood(water("W", square(0, 0, 100)))
    hospital(rectangle(99.96, 0, 20, 20))  # 0.8 m2
    assert find(HOSPITAL_IN_FLOOD) == []

    hospital(rectangle(99.75, 0, 20, 4))  # 1 m2
    assert pairs(find(HOSPITAL_IN_FLOOD)) == {("H", "*")}


def test_a_hospital_known_as_a_point_on_the_border_of_two_depths_is_exposed():
    flood(water("W1", square(0, 0, 100), "H1"), water("W2", square(100, 0, 100), "H2"))
    hospital(at(100, 50))

    [finding] = find(HOSPITAL_IN_FLOOD)

    assert finding.current.facts["hazard_class"] == "H2"


def test_dry_ground_of_the_flood_map_is_no_danger():
    flood(water("W", square(0, 0, 100), "H0"))
    hospital(square(50, 50, 20))

    assert find(HOSPITAL_IN_FLOOD) == []


def test_the_50_year_map_does_not_answer_for_the_100_year_rule():
    flood(water("W", square(0, 0, 100), period=50))
    hospital(square(50, 50, 20))

    assert find(HOSPITAL_IN_FLOOD) == []


@pytest.mark.parametrize(
    ("hazard_class", "severity"), [("H2", "medium"), ("H3", "high"), ("H4", "critical")]
)
def test_deeper_water_is_graver(hazard_class, severity):
    flood(water("W", square(0, 0, 100), hazard_class))
    hospital(square(50, 50, 20))

    [finding] = find(GRADED)

    assert finding.severity == severity
    assert finding.current.measured_value == DEPTHS[hazard_class][0]
    assert finding.current.required_value == 0.3


def test_water_below_the_least_threshold_is_no_conflict():
    flood(water("W", square(0, 0, 100), "H1"))
    hospital(square(50, 50, 20))

    assert find(GRADED) == []


def test_a_depth_class_across_a_threshold_takes_the_graver_severity():
    # H3 says 0.6 to 1.2 m: at a threshold of 1.0 m the truth may be either
    flood(water("W", square(0, 0, 100), "H3"))
    hospital(square(50, 50, 20))
    steps = [{"depth_ge_m": 0.3, "severity": "low"}, {"depth_ge_m": 1.0, "severity": "high"}]

    [finding] = find(HOSPITAL_IN_FLOOD | {"thresholds": steps})

    assert finding.severity == "high"


def test_the_deepest_water_on_the_site_decides_and_all_of_it_is_the_evidence():
    flood(
        water("SHALLOW", square(0, 0, 100), "H2"),
        water("DEEP", square(100, 0, 100), "H4"),
    )
    hospital(rectangle(90, 0, 20, 10))

    [finding] = find(GRADED)

    assert finding.severity == "critical"
    assert finding.current.facts["hazard_class"] == "H4"
    assert finding.current.facts["depth_min_m"] == 1.2
    assert "depth_max_m" not in finding.current.facts
    assert finding.current.witness.area == pytest.approx(200.0)


def test_two_flood_maps_are_two_findings_about_one_hospital():
    flood(water("W", square(0, 0, 100)), slug="flood-rain")
    flood(water("W", square(0, 0, 100), "H3"), slug="flood-sea")
    hospital(square(50, 50, 20))

    found = find(HOSPITAL_IN_FLOOD)

    assert {f.object_layer for f in found} == {"flood-rain", "flood-sea"}


def test_a_flood_zone_without_depths_has_the_rules_own_severity():
    layer = filled_layer("fema", feature("AE", square(0, 0, 100), "flood_zone"))
    set_surveyed_area(layer=layer, geometry=CITY)
    hospital(square(90, 0, 20))
    rule = rule_data(
        kind="hazard_exposure",
        subject={"classes": ["hospital"]},
        object={"classes": ["flood_zone"]},
        severity="high",
        thresholds=[{"depth_ge_m": 0.3, "severity": "low"}],
    )

    [finding] = find(rule)

    assert finding.severity == "high"
    assert finding.current.unit == "m2"
    assert finding.current.measured_value == pytest.approx(200.0)


def test_a_map_that_hides_its_return_period_is_told_not_taken():
    layer = filled_layer(
        "flood-old",
        feature("W", square(0, 0, 100), hazard_class="H3", depth_min_m=0.6),
        theme="hazard-flood",
    )
    set_surveyed_area(layer=layer, geometry=CITY)
    hospital(square(50, 50, 20))

    assert find(HOSPITAL_IN_FLOOD) == []

    outcome = RuleOutcome.objects.get()
    assert outcome.answer == "cannot_tell"
    assert {gap["gap"] for gap in outcome.missing} == {
        "unknown_attribute", "no_hazard_map", "ground_not_surveyed",
    }  # fmt: skip


def test_many_pieces_of_water_add_up_on_one_site():
    cells = [
        water(f"W{x}-{y}", square(x * 10, y * 10, 10), "H2") for x in range(10) for y in range(10)
    ]
    flood(*cells)
    hospital(square(0, 0, 100))

    [finding] = find(HOSPITAL_IN_FLOOD)

    assert finding.current.facts["subject_share"] == pytest.approx(1.0)
    assert finding.current.witness.area == pytest.approx(10_000.0)
