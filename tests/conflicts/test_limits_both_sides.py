"""Each limit of the detector from both sides, and shapes in several parts and with holes."""

import pytest
from shapely.geometry import MultiPoint, MultiPolygon

from layers.services import set_surveyed_area
from tests.conflicts.ground import CITY, find, pairs, put, rule_data
from tests.factories import at, feature, filled_layer, line, rectangle, square

pytestmark = pytest.mark.django_db

MM = 0.001
LANDFILL_200_M_FROM_SCHOOL = rule_data()
NO_LANDFILL_ON_SCHOOL = rule_data(kind="overlap")


def facilities(*features):
    return filled_layer("facilities", *features)


def measured(findings):
    return {f.object_id: f.current.measured_value for f in findings}


class TestDistances:
    @pytest.mark.parametrize(("gap_m", "is_found"), [(200 - MM, True), (200, False)])
    def test_to_a_point_the_limit_counts_like_to_an_outline(self, gap_m, is_found):
        facilities(
            feature("L", square(0, 0, 100), "landfill"),
            feature("S", at(100 + gap_m, 50), "school"),
        )
        assert bool(find(LANDFILL_200_M_FROM_SCHOOL)) is is_found

    @pytest.mark.parametrize(("x", "y"), [(120, 160), (-160, 120), (-120, -160), (160, -120)])
    @pytest.mark.parametrize(("nearer_m", "is_found"), [(MM, True), (0, False)])
    def test_across_a_corner_the_distance_is_that_of_pythagoras(self, x, y, nearer_m, is_found):
        """3-4-5: 120 m east and 160 m north of a corner are 200 m away from it."""
        east, north = (100 if x > 0 else 0), (100 if y > 0 else 0)
        place = at(east + x * (1 - nearer_m / 200), north + y * (1 - nearer_m / 200))
        facilities(
            feature("L", square(0, 0, 100), "landfill"),
            feature("S", place, "school"),
        )
        assert bool(find(LANDFILL_200_M_FROM_SCHOOL)) is is_found

    def test_a_school_in_the_yard_of_a_ring_is_measured_to_the_inner_edge(self):
        ring = square(0, 0, 500).difference(square(100, 100, 300))
        facilities(feature("L", ring, "landfill"), feature("S", square(240, 240, 20), "school"))

        # 140 m from the inner edge on every side
        assert measured(find(LANDFILL_200_M_FROM_SCHOOL)) == pytest.approx({"S": 140.0})

    def test_of_a_landfill_in_two_parts_the_nearer_part_counts(self):
        parts = MultiPolygon([square(0, 0, 100), square(1000, 0, 100)])
        facilities(
            feature("L", parts, "landfill"),
            feature("S1", at(250, 50), "school"),
            feature("S2", at(850, 50), "school"),
            feature("S3", at(550, 50), "school"),
        )
        found = measured(find(LANDFILL_200_M_FROM_SCHOOL))
        assert found == pytest.approx({"S1": 150.0, "S2": 150.0})

    def test_a_school_known_as_several_points_is_one_conflict_at_its_nearest(self):
        gates = MultiPoint([at(150, 50), at(180, 50), at(900, 50)])
        facilities(feature("L", square(0, 0, 100), "landfill"), feature("S", gates, "school"))
        assert measured(find(LANDFILL_200_M_FROM_SCHOOL)) == pytest.approx({"S": 50.0})

    def test_two_stations_of_two_layers_250_m_apart_are_two_places(self):
        """Only what touches may be one place recorded twice."""
        side = {"classes": ["fuel_station"]}
        filled_layer("facilities", feature("F1", at(0, 0), "fuel_station"))
        filled_layer("buildings", feature("B1", at(250, 0), "fuel_station"))
        rule = rule_data(subject=side, object=side, min_distance_m=300)

        assert pairs(find(rule)) == {("B1", "F1")}

    def test_one_millimetre_apart_two_layers_tell_of_two_stations(self):
        side = {"classes": ["fuel_station"]}
        filled_layer("facilities", feature("F1", square(0, 0, 40), "fuel_station"))
        filled_layer("buildings", feature("B1", rectangle(40 + MM, 0, 9, 9), "fuel_station"))

        [finding] = find(rule_data(subject=side, object=side, min_distance_m=300))

        assert finding.current.measured_value == pytest.approx(MM, abs=1e-6)

    def test_far_outside_the_city_a_landfill_counts_as_it_does_inside(self):
        facilities(
            feature("L", square(90_000, 0, 100), "landfill"),
            feature("S", at(90_250, 50), "school"),
        )
        assert measured(find(LANDFILL_200_M_FROM_SCHOOL)) == pytest.approx({"S": 150.0})


class TestSharedGround:
    @pytest.mark.parametrize(("width_m", "is_found"), [(0.499, False), (0.5, True)])
    def test_of_a_kiosk_of_1_m2_half_must_lie_inside(self, width_m, is_found):
        """The least overlap is 1 m2, or half of the smaller shape where that is less."""
        facilities(
            feature("L", rectangle(-100, 0, 100, 100), "landfill"),
            feature("S", rectangle(-width_m, 50, 1, 1), "school"),
        )
        assert bool(find(NO_LANDFILL_ON_SCHOOL)) is is_found

    @pytest.mark.parametrize(("width_m", "is_found"), [(0.499, False), (0.5, True)])
    def test_the_smaller_shape_may_be_the_subject_too(self, width_m, is_found):
        facilities(
            feature("L", rectangle(-width_m, 50, 1, 1), "landfill"),
            feature("S", rectangle(-100, 0, 100, 100), "school"),
        )
        assert bool(find(NO_LANDFILL_ON_SCHOOL)) is is_found

    def test_a_school_that_fills_the_hole_of_a_ring_shares_nothing_with_it(self):
        ring = square(0, 0, 300).difference(square(100, 100, 100))
        facilities(feature("L", ring, "landfill"), feature("S", square(100, 100, 100), "school"))
        assert find(NO_LANDFILL_ON_SCHOOL) == []

    def test_both_parts_of_a_school_share_ground_and_are_one_finding(self):
        wings = MultiPolygon([square(0, 0, 10), square(90, 0, 20)])
        facilities(feature("L", square(0, 0, 100), "landfill"), feature("S", wings, "school"))

        [finding] = find(NO_LANDFILL_ON_SCHOOL)

        assert finding.current.measured_value == pytest.approx(100 + 10 * 20)
        assert finding.current.witness.num_geom == 2

    def test_two_roads_that_cross_share_one_place_and_two_on_one_axis_their_length(self):
        """A crossing is a place, not a length; a road drawn twice shares its metres."""
        sides = {"subject": {"layers": ["plan"]}, "object": {"layers": ["roads"]}}
        filled_layer("plan", feature("P", line((0, 0), (100, 0))))
        filled_layer(
            "roads",
            feature("CROSSES", line((50, -50), (50, 50))),
            feature("RUNS ALONG", line((60, 0), (200, 0))),
            feature("BEGINS HERE", line((30, 0), (30, 80))),
            feature("GOES ON", line((100, 0), (150, 0))),
        )

        found = find(rule_data(kind="overlap", **sides))

        assert {f.object_id: (f.current.measured_value, f.current.unit) for f in found} == {
            "CROSSES": (1.0, "place"),
            "RUNS ALONG": (pytest.approx(40.0), "m"),
        }

    def test_two_records_of_one_point_share_a_place(self):
        sides = {"subject": {"layers": ["plan"]}, "object": {"layers": ["wells"]}}
        filled_layer("plan", feature("P", at(5, 5)))
        filled_layer("wells", feature("HERE", at(5, 5)), feature("BESIDE", at(5 + MM, 5)))

        assert pairs(find(rule_data(kind="overlap", **sides))) == {("P", "HERE")}


def flood(*areas, years=100):
    """Areas given as (shape, least depth, greatest depth)."""
    layer = filled_layer(
        "flood-r100",
        *(
            feature(f"W{n}", shape, hazard_class=f"H{n + 1}", depth_min_m=low, depth_max_m=high,
                    return_period_years=years)
            for n, (shape, low, high) in enumerate(areas)
        ),
        theme="hazard-flood",
    )  # fmt: skip
    set_surveyed_area(layer=layer, geometry=CITY)


def water_of(*steps, **fields):
    return rule_data(
        kind="hazard_exposure",
        subject={"classes": ["school"]},
        return_period_years=100,
        thresholds=[{"depth_ge_m": depth, "severity": name} for depth, name in steps],
        **fields,
    )


class TestDepths:
    HALF_A_METRE = water_of((0.5, "high"))

    @pytest.mark.parametrize(
        ("low", "high", "is_found"),
        [
            (0.3, 0.5, False),  # up to half a metre, not half a metre
            (0.3, 0.501, True),
            (0.5, 0.5, True),  # a map of single depths: exactly the limit
            (0.499, 0.499, False),
            (0.5, 1.2, True),
            (0.0, None, True),  # open at its upper end: the truth may be any depth
            (None, 0.5, False),
            (None, 0.6, True),
        ],
    )
    def test_a_depth_class_bites_when_its_water_may_reach_the_limit(self, low, high, is_found):
        facilities(feature("S", square(0, 0, 10), "school"))
        flood((square(0, 0, 100), low, high))
        assert bool(find(self.HALF_A_METRE)) is is_found

    def test_a_class_that_begins_below_the_limit_has_no_room_left_to_it(self):
        facilities(feature("S", square(0, 0, 10), "school"))
        flood((square(0, 0, 100), 0.3, 0.6))

        [finding] = find(self.HALF_A_METRE)

        seen = finding.current
        assert (seen.measured_value, seen.required_value) == (0.3, 0.5)
        assert seen.margin == 0.0  # not +0.2: a margin would read like a clearance

    def test_depth_below_its_class_limit_is_beyond_it_by_the_difference(self):
        facilities(feature("S", square(0, 0, 10), "school"))
        flood((square(0, 0, 100), 1.2, None))

        [finding] = find(self.HALF_A_METRE)

        assert finding.current.margin == pytest.approx(0.5 - 1.2)

    @pytest.mark.parametrize(("low", "high"), [("0.6", None), (None, "1.2"), ("deep", "deeper")])
    def test_depths_written_as_text_are_unknown_and_unknown_depth_is_no_clearance(self, low, high):
        facilities(feature("S", square(0, 0, 10), "school"))
        flood((square(0, 0, 100), low, high))
        assert [f.severity for f in find(self.HALF_A_METRE)] == ["high"]

    @pytest.mark.parametrize(("wet_m", "is_found"), [(0.499, False), (0.5, True)])
    def test_of_a_kiosk_of_1_m2_half_must_be_wet(self, wet_m, is_found):
        facilities(feature("S", rectangle(-wet_m, 50, 1, 1), "school"))
        flood((rectangle(-100, 0, 100, 100), 0.6, 1.2))
        assert bool(find(self.HALF_A_METRE)) is is_found

    def test_the_gravest_of_three_depths_names_the_finding_whatever_their_order(self):
        steps = ((0.3, "low"), (0.6, "high"), (1.2, "critical"))
        facilities(feature("S", square(0, 0, 90), "school"))
        thirds = [rectangle(x, 0, 30, 90) for x in (0, 30, 60)]
        flood((thirds[1], 0.3, 0.6), (thirds[2], 1.2, None), (thirds[0], 0.6, 1.2))

        [finding] = find(water_of(*steps))

        assert finding.severity == "critical"
        assert finding.current.facts["depth_min_m"] == 1.2
        assert finding.current.facts["subject_share"] == pytest.approx(1.0)

    def test_the_water_a_class_below_all_limits_covers_is_not_in_the_share(self):
        facilities(feature("S", square(0, 0, 90), "school"))
        flood((rectangle(0, 0, 60, 90), 0.01, 0.3), (rectangle(60, 0, 30, 90), 0.6, 1.2))

        [finding] = find(self.HALF_A_METRE)

        assert finding.current.facts["subject_share"] == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("moved_m", "change"),
    [(0.009, "unchanged"), (0.011, "worse"), (-0.009, "unchanged"), (-0.011, "better")],
)
def test_a_centimetre_is_drawing_and_more_is_a_move(moved_m, change):
    layer = facilities(
        feature("L", square(0, 0, 100), "landfill"), feature("S", at(200, 50), "school")
    )
    find(LANDFILL_200_M_FROM_SCHOOL)
    put(
        layer,
        feature("L", square(0, 0, 100), "landfill"),
        feature("S", at(200 - moved_m, 50), "school"),
    )
    [finding] = find(LANDFILL_200_M_FROM_SCHOOL)
    assert finding.current.change == change


@pytest.mark.parametrize(("width_m", "change"), [(0.009, "unchanged"), (0.011, "worse")])
def test_a_tenth_of_a_square_metre_is_drawing_and_more_is_a_change(width_m, change):
    """A school 10 m deep that reaches so much farther into the landfill."""

    def city(reach_m):
        return (
            feature("L", rectangle(-100, 0, 100, 100), "landfill"),
            feature("S", rectangle(-reach_m, 0, 10, 10), "school"),
        )

    layer = facilities(*city(5))
    find(NO_LANDFILL_ON_SCHOOL)
    put(layer, *city(5 + width_m))
    [finding] = find(NO_LANDFILL_ON_SCHOOL)
    assert finding.current.change == change
