"""Overlap: two things must not share ground."""

import pytest

from tests.conflicts.ground import find, pairs, rule_data
from tests.factories import at, feature, filled_layer, line, outline, rectangle, square

pytestmark = pytest.mark.django_db

NO_BUILDING_IN_MANGROVE = rule_data(
    kind="overlap", subject={"layers": ["buildings"]}, object={"classes": ["MG"]}
)


def mangrove(shape=None):
    return filled_layer("zones", feature("Z", shape or square(0, 0, 100), "MG"))


def building(shape):
    return filled_layer("buildings", feature("B", shape, "residential"))


def test_a_house_reaching_2_m_into_the_mangrove_shares_20_m2():
    mangrove()
    building(square(98, 0, 10))

    [finding] = find(NO_BUILDING_IN_MANGROVE)

    assert finding.current.measured_value == pytest.approx(20.0)
    assert finding.current.unit == "m2"
    assert finding.current.margin == pytest.approx(-20.0)
    assert finding.current.facts["subject_share"] == pytest.approx(0.2)
    assert finding.current.witness.area == pytest.approx(20.0)


def test_a_house_that_only_touches_the_mangrove_shares_nothing():
    mangrove()
    building(square(100, 0, 10))

    assert find(NO_BUILDING_IN_MANGROVE) == []


def test_another_zone_is_no_conflict():
    filled_layer("zones", feature("Z", square(0, 0, 100), "R1"))
    building(square(50, 50, 10))

    assert find(NO_BUILDING_IN_MANGROVE) == []


def test_a_sliver_below_1_m2_is_drawing_noise():
    mangrove()
    building(square(99.91, 0, 10))  # 0.9 m2

    assert find(NO_BUILDING_IN_MANGROVE) == []


def test_exactly_the_least_overlap_counts():
    mangrove()
    building(square(99.75, 0, 4))  # 0.25 m x 4 m = 1 m2

    [finding] = find(NO_BUILDING_IN_MANGROVE)

    assert finding.current.measured_value == pytest.approx(1.0)


def test_a_kiosk_smaller_than_the_least_overlap_is_still_seen():
    mangrove()
    building(rectangle(50, 50, 0.8, 0.8))

    assert pairs(find(NO_BUILDING_IN_MANGROVE)) == {("B", "Z")}


def test_a_house_known_only_as_a_point_is_seen_inside_but_not_on_the_edge():
    mangrove()
    filled_layer("buildings", feature("IN", at(50, 50)), feature("EDGE", at(100, 50)))

    [finding] = find(NO_BUILDING_IN_MANGROVE)

    assert finding.subject_id == "IN"
    assert (finding.current.measured_value, finding.current.unit) == (1.0, "place")


def test_a_road_through_the_mangrove_shares_100_m_and_one_along_it_none():
    mangrove()
    filled_layer(
        "roads",
        feature("THROUGH", line((-50, 50), (150, 50)), "road_district"),
        feature("ALONG", line((0, 100), (100, 100)), "road_district"),
    )
    rule = rule_data(
        kind="overlap", subject={"classes": ["road_district"]}, object={"classes": ["MG"]}
    )

    [finding] = find(rule)

    assert finding.subject_id == "THROUGH"
    assert (finding.current.measured_value, finding.current.unit) == (pytest.approx(100.0), "m")


def test_a_mangrove_of_2_000_corners_cut_into_pieces_shares_the_same_ground():
    top = [(x, 100 + (x % 2)) for x in range(2000)]
    mangrove(outline((0, 0), *top, (1999, 0)))
    building(square(500, 50, 400))

    [finding] = find(NO_BUILDING_IN_MANGROVE)

    # up to 100 m the whole width, above it teeth of half a square metre per metre
    assert finding.current.measured_value == pytest.approx(400 * 50 + 400 * 0.5, rel=1e-6)
    assert finding.current.witness.num_geom == 1


def test_two_reservations_for_the_same_ground_are_one_conflict():
    filled_layer(
        "reservations",
        feature("R1", square(0, 0, 100), lifecycle="reserved"),
        feature("R2", square(50, 0, 100), lifecycle="reserved"),
    )
    side = {"layers": ["reservations"]}

    [finding] = find(rule_data(kind="overlap", subject=side, object=side))

    assert (finding.subject_id, finding.object_id) == ("R1", "R2")
    assert finding.current.measured_value == pytest.approx(50 * 100)


def test_a_building_marked_for_removal_may_stand_on_reserved_land():
    filled_layer("reservations", feature("R", square(0, 0, 100), lifecycle="reserved"))
    filled_layer(
        "buildings",
        feature("GOES", square(10, 10, 10), to_be_removed=True),
        feature("STAYS", square(50, 50, 10)),
    )
    rule = rule_data(
        kind="overlap",
        subject={"layers": ["buildings"]},
        object={"layers": ["reservations"], "lifecycles": ["reserved"]},
        exemptions=[
            {
                "reason": {"en": "Marked for removal"},
                "subject": {"attr": "to_be_removed", "op": "eq", "value": True},
            }
        ],
    )

    assert pairs(find(rule)) == {("STAYS", "R")}
