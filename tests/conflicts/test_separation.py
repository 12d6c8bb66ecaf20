"""Separation: at least so many metres, edge to edge."""

import pytest

from tests.conflicts.ground import find, pairs, put, rule_data, surveyed_layer
from tests.factories import at, feature, filled_layer, land_use, line, rectangle, square

pytestmark = pytest.mark.django_db

LANDFILL_200_M_FROM_SCHOOL = rule_data()


def test_a_school_180_m_from_a_landfill_lacks_20_m():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(280, 0, 50), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert (finding.subject_id, finding.object_id) == ("L", "S")
    assert finding.current.measured_value == pytest.approx(180.0, abs=1e-9)
    assert finding.current.required_value == 200.0
    assert finding.current.margin == pytest.approx(-20.0, abs=1e-9)
    assert finding.current.unit == "m"


def test_exactly_at_the_required_distance_nothing_is_found():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(300, 0, 50), "school"),
    )

    assert find(LANDFILL_200_M_FROM_SCHOOL) == []


def test_a_millimetre_below_the_required_distance_is_found():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", rectangle(299.999, 0, 50, 50), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert finding.current.margin == pytest.approx(-0.001, abs=1e-6)


def test_places_that_touch_are_0_m_apart():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(100, 0, 50), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert finding.current.measured_value == 0.0
    assert finding.current.witness.geom_type == "Point"


def test_a_school_inside_the_landfill_is_0_m_away():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 1000), "landfill"),
        feature("S", square(500, 500, 10), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert finding.current.measured_value == 0.0


def test_another_use_at_the_same_place_is_no_conflict():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("M", square(110, 0, 50), "market"),
    )

    assert find(LANDFILL_200_M_FROM_SCHOOL) == []


def test_schools_drawn_as_points_count_like_those_drawn_as_outlines():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S1", at(250, 50), "school"),
        feature("S2", at(301, 50), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert finding.object_id == "S1"
    assert finding.current.measured_value == pytest.approx(150.0)


def test_the_distance_runs_from_edge_to_edge_not_between_centres():
    # centres 1,100 m apart, edges 100 m
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 1000), "landfill"),
        feature("S", square(1100, 0, 1000), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert finding.current.measured_value == pytest.approx(100.0)


def test_the_evidence_is_the_shortest_line_between_the_edges():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", at(180, 50), "school"),
    )

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    witness = finding.current.witness
    assert witness.length == pytest.approx(80.0)
    assert witness.coords == ((330_100.0, 1_170_050.0), (330_180.0, 1_170_050.0))


def test_a_class_means_its_whole_branch():
    school = land_use("school")
    land_use("school_primary", parent=school)
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(150, 0, 50), "school_primary"),
    )

    assert pairs(find(LANDFILL_200_M_FROM_SCHOOL)) == {("L", "S")}


def test_an_inert_landfill_is_not_judged_as_a_landfill():
    land_use("landfill_inert")
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill_inert"),
        feature("S", square(150, 0, 50), "school"),
    )

    assert find(LANDFILL_200_M_FROM_SCHOOL) == []


def test_two_fuel_stations_250_m_apart_are_one_conflict_not_two():
    filled_layer(
        "facilities",
        feature("F1", at(0, 0), "fuel_station"),
        feature("F2", at(250, 0), "fuel_station"),
    )
    side = {"classes": ["fuel_station"]}

    found = find(rule_data(subject=side, object=side, min_distance_m=300))

    assert pairs(found) == {("F1", "F2")}


def test_a_pair_keeps_its_order_when_one_of_the_two_is_edited():
    layer = filled_layer(
        "facilities",
        feature("F1", at(0, 0), "fuel_station"),
        feature("F2", at(250, 0), "fuel_station"),
    )
    side = {"classes": ["fuel_station"]}
    rule = rule_data(subject=side, object=side, min_distance_m=300)
    [before] = find(rule)

    put(layer, feature("F1", at(10, 0), "fuel_station"), feature("F2", at(250, 0), "fuel_station"))
    [after] = find(rule)

    assert after.pk == before.pk
    assert after.current.measured_value == pytest.approx(240.0)


def test_one_fuel_station_recorded_in_two_layers_does_not_conflict_with_itself():
    filled_layer("facilities", feature("F1", square(0, 0, 40), "fuel_station"))
    filled_layer("buildings", feature("B1", square(10, 10, 10), "fuel_station"))
    side = {"classes": ["fuel_station"]}

    assert find(rule_data(subject=side, object=side, min_distance_m=300)) == []


def test_two_fuel_stations_of_one_layer_that_touch_do_conflict():
    filled_layer(
        "facilities",
        feature("F1", square(0, 0, 40), "fuel_station"),
        feature("F2", square(40, 0, 40), "fuel_station"),
    )
    side = {"classes": ["fuel_station"]}

    assert pairs(find(rule_data(subject=side, object=side, min_distance_m=300))) == {("F1", "F2")}


def test_the_distance_to_a_road_counts_from_its_axis():
    filled_layer("roads", feature("R", line((0, 0), (10_000, 3_000)), "road_national"))
    filled_layer("buildings", feature("B", at(5_000, 1_520), "residential"))
    rule = rule_data(
        subject={"classes": ["road_national"]}, object={"layers": ["buildings"]}, min_distance_m=30
    )

    [finding] = find(rule)

    # 20 m straight north of the axis; the axis rises 3 in 10: 20 x 10 / sqrt(109)
    assert finding.current.measured_value == pytest.approx(19.1565, abs=1e-4)


def test_a_road_of_5_000_corners_is_measured_as_a_whole():
    zigzag = line(*((x, (x % 20) / 2) for x in range(0, 50_000, 10)))
    filled_layer("roads", feature("R", zigzag, "road_national"))
    houses = [feature(f"B{n:03}", at(40 + 497 * n, 60), "residential") for n in range(100)]
    filled_layer("buildings", *houses)
    rule = rule_data(
        subject={"classes": ["road_national"]},
        object={"layers": ["buildings"]},
        min_distance_m=55.5,
    )

    found = {f.object_id: f.current.measured_value for f in find(rule)}

    expected = {
        house.stable_id: zigzag.distance(house.geometry)
        for house in houses
        if zigzag.distance(house.geometry) < 55.5
    }
    assert found == pytest.approx(expected, abs=1e-9)
    assert 0 < len(found) < 100


def test_a_closed_landfill_disturbs_no_one_unless_the_rule_says_so():
    filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill", lifecycle="closed"),
        feature("S", square(150, 0, 50), "school"),
    )

    assert find(LANDFILL_200_M_FROM_SCHOOL) == []
    with_closed = rule_data(subject={"classes": ["landfill"], "lifecycles": ["closed"]})
    assert pairs(find(with_closed, code="other-book")) == {("L", "S")}


def test_a_planned_school_is_in_conflict_before_it_is_built():
    filled_layer("facilities", feature("L", square(0, 0, 100), "landfill"))
    filled_layer("proposals", feature("P", square(150, 0, 50), "school", lifecycle="planned"))

    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)

    assert (finding.object_layer, finding.object_id) == ("proposals", "P")


def test_a_withdrawn_feature_is_in_conflict_with_nothing():
    layer = filled_layer(
        "facilities",
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", square(150, 0, 50), "school"),
    )
    put(layer, feature("L", square(0, 0, 100), "landfill"))

    assert find(LANDFILL_200_M_FROM_SCHOOL) == []


def test_a_capped_landfill_is_exempt_and_counted_as_such():
    filled_layer(
        "facilities",
        feature("L1", square(0, 0, 100), "landfill", capped=True),
        feature("L2", square(0, 300, 100), "landfill", capped=False),
        feature("L3", square(0, 600, 100), "landfill"),  # nobody knows
        feature("S", square(150, 0, 1000), "school"),
    )
    exempt = [
        {
            "reason": {"en": "Closed and capped"},
            "subject": {"attr": "capped", "op": "eq", "value": True},
        }
    ]

    found = find(rule_data(exemptions=exempt))

    assert pairs(found) == {("L2", "S"), ("L3", "S")}
    outcome = found[0].current.outcome
    assert (outcome.pairs_found, outcome.pairs_exempted) == (2, 1)


def test_only_buildings_above_14_m_are_subject_and_unknown_heights_are_told():
    surveyed_layer(
        "buildings",
        feature("LOW", at(0, 0), "residential", height_m=14),
        feature("TALL", at(0, 10), "residential", height_m=14.1),
        feature("UNKNOWN", at(0, 20), "residential"),
        feature("NULL", at(0, 30), "residential", height_m=None),
        feature("WORD", at(0, 40), "residential", height_m="tall"),
    )
    surveyed_layer("facilities", feature("H", at(100, 0), "heritage"))
    rule = rule_data(
        subject={"layers": ["buildings"], "where": {"attr": "height_m", "op": "gt", "value": 14}},
        object={"classes": ["heritage"]},
        min_distance_m=300,
    )

    [finding] = find(rule)

    assert finding.subject_id == "TALL"
    [gap] = finding.current.outcome.missing
    assert gap["gap"] == "unknown_attribute"
    assert gap["attributes"] == ["height_m"]
    assert gap["examples"] == ["NULL", "UNKNOWN", "WORD"]


def test_two_places_without_a_class_in_two_layers_do_conflict_when_they_touch():
    filled_layer("kilns", feature("K", square(0, 0, 40)))
    filled_layer("wells", feature("W", at(20, 20)))

    found = find(rule_data(subject={"layers": ["kilns"]}, object={"layers": ["wells"]}))

    assert pairs(found) == {("K", "W")}
