"""Buildings and plots against the standards of their zones and of their own class."""

import pytest

from conflicts.errors import RuleFieldError
from conflicts.explanations import explain_gap, explain_in
from conflicts.models import Finding
from conflicts.rule_schema import rule_from_data, rule_to_data
from layers.services import set_surveyed_area
from layers.vocab import Answer
from tests.conflicts.ground import (
    CITY,
    find,
    put,
    surveyed_layer,
)
from tests.conflicts.standards import (
    COVERAGE,
    FAR,
    HEIGHT,
    PLOT,
    SETBACK,
    asked,
    building,
    buildings,
    gaps,
    standard,
    zones,
)
from tests.factories import (
    at,
    feature,
    filled_layer,
    land_use,
    line,
    rectangle,
    square,
)

pytestmark = pytest.mark.django_db


def test_a_house_of_14_m_in_a_zone_of_12_m_is_2_m_too_high():
    zones(feature("Z2", square(0, 0, 100), "R2"))
    buildings(building(square(10, 10, 10), height_m=14))

    [finding] = find(HEIGHT)

    seen = finding.current
    assert (finding.subject_id, finding.object_layer, finding.object_id) == ("B", "zones", "Z2")
    assert (seen.measured_value, seen.required_value, seen.unit) == (14, 12, "m")
    assert seen.margin == pytest.approx(-2)
    assert seen.facts["existing_nonconforming"] is True
    assert seen.facts["share_in_zone"] == pytest.approx(1)


@pytest.mark.parametrize(("height", "found"), [(12, 0), (12.001, 1), (19, 1)])
def test_exactly_the_height_of_the_zone_is_allowed(height, found):
    zones(feature("Z2", square(0, 0, 100), "R2"))
    buildings(building(square(10, 10, 10), height_m=height))

    assert len(find(HEIGHT)) == found


@pytest.mark.parametrize(("zone", "height", "required"), [("R1", 21, 20), ("R2", 21, 12)])
def test_the_value_of_the_nearest_class_up_the_branch_counts(zone, height, required):
    zones(feature("Z", square(0, 0, 100), zone))
    buildings(building(square(10, 10, 10), height_m=height))

    [finding] = find(HEIGHT)

    assert finding.current.required_value == required


def test_a_house_that_only_touches_the_zone_or_stands_in_another_is_not_asked():
    zones(feature("Z2", square(0, 0, 100), "R2"), feature("I", square(100, 0, 100), "I1"))
    buildings(building(square(100, 10, 10), "TOUCHES", height_m=30),
              building(square(150, 10, 10), "ELSEWHERE", height_m=30))  # fmt: skip

    assert find(HEIGHT) == []
    assert asked(HEIGHT).answer == Answer.COMPLIES


@pytest.mark.parametrize(("x", "found"), [(99.1, 0), (98.9, 1)])
def test_less_than_a_tenth_of_a_house_in_the_zone_is_a_border_drawn_off(x, found):
    zones(feature("Z2", square(0, 0, 100), "R2"))
    buildings(building(square(x, 10, 10), height_m=30))  # 9 % and 11 % of it lie inside

    assert len(find(HEIGHT)) == found


def test_a_house_in_two_zones_breaks_each_whose_height_it_exceeds():
    zones(feature("W", square(0, 0, 100), "R1"), feature("E", square(100, 0, 100), "R2"))
    buildings(building(rectangle(90, 10, 20, 10), "LOW", height_m=15),
              building(rectangle(90, 40, 20, 10), "HIGH", height_m=25))  # fmt: skip

    found = {(f.subject_id, f.object_id) for f in find(HEIGHT)}

    assert found == {("LOW", "E"), ("HIGH", "W"), ("HIGH", "E")}


def test_a_house_of_unknown_height_in_the_zone_cannot_be_told_and_elsewhere_is_not_asked():
    zones(feature("Z2", square(0, 0, 100), "R2"))
    buildings(building(square(10, 10, 10), "INSIDE"), building(square(500, 10, 10), "OUTSIDE"),
              building(square(40, 10, 10), "TEXT", height_m="tall"))  # fmt: skip

    outcome = asked(HEIGHT)

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    gap = gaps(outcome)["unknown_attribute"]
    assert (gap["count"], gap["examples"]) == (2, ["INSIDE", "TEXT"])
    assert "height" in explain_gap(gap)


def test_outside_the_surveyed_plan_nobody_knows_what_is_asked_of_a_house():
    for code in ("RES", "R1", "R2"):
        land_use(code)
    layer = filled_layer("zones", feature("Z2", square(0, 0, 100), "R2"))
    set_surveyed_area(layer=layer, geometry=square(0, 0, 100), classes=["RES", "R1", "R2"])
    buildings(building(square(300, 0, 10), height_m=3))

    outcome = asked(HEIGHT)

    assert (outcome.answer, set(gaps(outcome))) == (Answer.CANNOT_TELL, {"not_surveyed"})


def test_a_finding_is_not_resolved_by_forgetting_the_height():
    zones(feature("Z2", square(0, 0, 100), "R2"))
    layer = buildings(building(square(10, 10, 10), height_m=14))
    find(HEIGHT)

    put(layer, building(square(10, 10, 10)))
    [finding] = find(HEIGHT)
    assert (finding.state, finding.note) == ("open", "cannot_recheck")

    put(layer, building(square(10, 10, 10), height_m=11))
    [finding] = find(HEIGHT)
    assert finding.state == "resolved"


@pytest.mark.parametrize(("side", "found"), [(19, 1), (20, 0)])
def test_the_plot_of_a_fuel_station_is_held_against_its_class_alone(side, found):
    surveyed_layer("facilities", feature("FUEL", square(0, 0, side), "fuel_station"),
                   feature("SHOP", square(90, 0, 5), "market"))  # fmt: skip

    findings = find(PLOT)

    assert [(f.subject_id, f.object_layer, f.object_id) for f in findings] == [
        ("FUEL", "", "")
    ] * found
    for finding in findings:
        assert finding.current.object_row is None
        assert finding.current.measured_value == pytest.approx(361)
        assert "existing" not in explain_in(finding, "en")


def test_a_station_drawn_as_a_point_has_no_area_to_measure():
    surveyed_layer("facilities", feature("FUEL", at(0, 0), "fuel_station"))

    outcome = asked(PLOT)

    assert (outcome.answer, set(gaps(outcome))) == (Answer.CANNOT_TELL, {"no_area"})


def test_roads_are_lines_and_their_width_is_what_their_record_states():
    rule = standard(subject={"classes": ["road"]}, measure="attribute", attribute="row_m",
        bound="min", unit="m", limits=[{"value": 4}],
    )  # fmt: skip
    surveyed_layer(
        "roads",
        feature("WIDE", line((0, 0), (100, 0)), "road", row_m=4),
        feature("LANE", line((0, 9), (100, 9)), "road", row_m=3.5),
        feature("PATH", line((0, 19), (100, 19)), "road"),
    )

    outcome = asked(rule)

    [finding] = Finding.objects.select_related("current")
    assert (finding.subject_id, finding.current.margin) == ("LANE", pytest.approx(-0.5))
    assert gaps(outcome)["unknown_attribute"]["examples"] == ["PATH"]
    assert set(gaps(outcome)) == {"unknown_attribute"}


@pytest.mark.parametrize(("rooms", "cars", "found"), [(40, 9, 1), (40, 10, 0), (0, 0, None)])
def test_parking_is_asked_for_by_the_room(rooms, cars, found):
    rule = standard(subject={"classes": ["hotel"]}, measure="attribute", attribute="parking_cars",
        per="rooms", bound="min", unit="cars", limits=[{"value": 0.25}],
    )  # fmt: skip
    surveyed_layer("facilities", feature("H", at(0, 0), "hotel", rooms=rooms, parking_cars=cars))

    outcome = asked(rule)

    if found is None:  # no rooms is no number to divide by
        assert gaps(outcome)["unknown_attribute"]["attributes"] == ["parking_cars", "rooms"]
    else:
        assert outcome.pairs_found == found


def test_an_exemption_and_the_explanation_name_what_it_is_about():
    exemption = {"reason": {"en": "Tower of a pagoda", "km": "ប៉ម"},
                 "subject": {"attr": "stupa", "op": "eq", "value": True}}  # fmt: skip
    zones(feature("Z2", square(0, 0, 100), "R2"))
    buildings(building(square(10, 10, 10), height_m=14, name="House 7"),
              building(square(40, 10, 10), "STUPA", height_m=30, stupa=True))  # fmt: skip

    [finding] = find(HEIGHT | {"exemptions": [exemption]})

    khmer, english = explain_in(finding, "km"), explain_in(finding, "en")
    assert "height is 14" in english
    assert "at most 12" in english
    assert "2.00 m more" in english
    assert "កម្ពស់" in khmer
    assert not {"height", "allowed", "cure"} & set(khmer.split())


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"limits": []}, "limits"),
        ({"limits": [{"value": 1, "classes": ["R1"]}, {"value": 2, "classes": ["R1"]}]}, "limits"),
        ({"limits": [{"value": -1}]}, "value"),
        ({"limits": [{"value": 3, "clear": 5}]}, "limits"),
        ({"bound": "min", "limits": [{"value": 5, "clear": 3}]}, "clear"),
        ({"bound": "min", "limits": [{"value": 3, "clear": 5}]}, "measure: setback"),
        ({"attribute": ""}, "attribute"),
        ({"measure": "area"}, "attribute"),
        ({"counted": {"layers": ["buildings"]}}, "counted"),
        ({"unit": ""}, "unit"),
        ({"measure": "area", "attribute": "", "unit": "ha"}, "m2"),
        ({"per": "area", "unit": "people/ha"}, "m2/m2"),
        ({"unit": "metres above ground"}, "unit"),
        ({"min_share": 1.5}, "min_share"),
        ({"measure": "width"}, "measure"),
    ],
)
def test_a_rule_that_says_too_little_or_too_much_is_refused_by_name(fields, named):
    with pytest.raises(RuleFieldError) as refusal:
        rule_from_data(HEIGHT | fields)

    assert named in str(refusal.value)


def test_a_rule_written_out_again_says_the_same():
    for rule in (HEIGHT, COVERAGE, FAR, SETBACK, PLOT):
        read = rule_from_data(rule)
        assert rule_from_data(rule_to_data(read)) == read


def test_a_city_without_any_zone_cannot_say_what_is_asked():
    for code in ("RES", "R2"):
        land_use(code)
    buildings(building(square(0, 0, 10), height_m=99))

    outcome = asked(HEIGHT)

    assert outcome.answer == Answer.CANNOT_TELL
    assert CITY.area > 0


@pytest.mark.parametrize("height", [-9999, -1, -0.5])
def test_a_height_below_nought_is_a_mark_for_no_data_and_complies_with_nothing(height):
    zones()
    buildings(building(square(10, 10, 10), height_m=height))

    outcome = asked(HEIGHT)

    assert (outcome.answer, outcome.pairs_found) == (Answer.CANNOT_TELL, 0)
    assert gaps(outcome)["unknown_attribute"]["examples"] == ["B"]


@pytest.mark.parametrize(
    ("per", "unit", "found"),
    [
        ("", "%", 1),  # the record says 5 per cent
        ("area", "%", 1),  # 5 m2 of 100
        ("rooms", "%", 0),  # 5 by 10 rooms: 50 per cent
        ("area", "m2/m2", 1),  # 0.05
    ],
)
def test_a_number_is_turned_into_another_unit_only_where_it_was_divided(per, unit, found):
    rule = standard(subject={"classes": ["hotel"]}, measure="attribute", attribute="green",
        bound="min", unit=unit, limits=[{"value": 20}], **({"per": per} if per else {}),
    )  # fmt: skip
    surveyed_layer("facilities", feature("H", square(0, 0, 10), "hotel", green=5, rooms=10))

    assert len(find(rule)) == found
