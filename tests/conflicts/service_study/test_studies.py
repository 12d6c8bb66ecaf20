"""Who is served in a city, by area, today and as planned; in numbers that can be checked by hand.

A market serves 1,000 m on foot.
"""

import math

import pytest

from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.standards import ServiceQuestionError, standards
from conflicts.service_study.vocab import Along, Doubt, Horizon, Lack, PeopleFrom
from layers.services import set_surveyed_area
from layers.vocab import Answer, Basis
from tests.conflicts.service_study.ground import (
    CLASSES,
    city,
    home,
    in_area,
    market,
    row_of,
    studied,
)
from tests.factories import at, feature, land_use, line, rectangle

pytestmark = pytest.mark.django_db
WEST, EAST_SIDE = 0, 1


# Coverage


def test_of_four_homes_three_are_within_1000_m_of_the_market_along_the_street():
    # 20 m to the street, 10 m from it to the market: 970 m are left to walk along it
    city(home(1, 100), home(2, 500), home(3, 1_070), home(4, 1_071), services=[market(100)])

    found = in_area(studied("market"), "market").coverage

    assert (found.served, found.not_served, found.cannot_tell) == (3, 1, 0)
    assert found.share == (0.75, 0.75)
    assert found.answer == Answer.FAILS
    assert found.along == Along.STREETS


def test_each_sangkat_has_a_share_of_its_own():
    city(home(1, 100), home(2, 500), home(3, 1_070), home(4, 1_071), services=[market(100)])

    answer = studied("market")

    west, east = (in_area(answer, "market", area).coverage for area in (WEST, EAST_SIDE))
    assert (west.share, west.answer) == ((1.0, 1.0), Answer.COMPLIES)
    assert (east.share, east.answer) == ((0.5, 0.5), Answer.FAILS)


def test_an_area_without_homes_asks_for_nothing():
    city(home(1, 100), services=[market(100)])
    found = in_area(studied("market"), "market", EAST_SIDE).coverage
    assert (found.answer, found.lacks) == (Answer.NOT_APPLICABLE, (Lack.NO_HOMES,))


def test_an_area_whose_homes_were_not_recorded_is_never_served():
    layers = city(home(1, 100), services=[market(100)])
    buildings = layers["buildings"]
    buildings.surveyed_areas.all().delete()
    set_surveyed_area(layer=buildings, geometry=rectangle(-100, -300, 1_100, 600), classes=CLASSES)

    answer = studied("market")

    assert in_area(answer, "market", WEST).coverage.answer == Answer.COMPLIES
    east = in_area(answer, "market", EAST_SIDE).coverage
    assert (east.answer, east.lacks) == (Answer.CANNOT_TELL, (Lack.HOMES_NOT_SURVEYED,))


def test_where_nobody_looked_for_markets_those_out_of_reach_cannot_be_told():
    layers = city(home(1, 100), home(2, 1_900), services=[market(100)])
    layers["facilities"].surveyed_areas.all().delete()

    found = in_area(studied("market"), "market").coverage

    assert (found.served, found.not_served, found.cannot_tell) == (1, 0, 1)
    assert found.share == (0.5, 1.0)
    assert found.answer == Answer.CANNOT_TELL


def test_a_service_the_classes_do_not_name_cannot_be_told():
    city(home(1, 100))
    found = in_area(studied("police"), "police").coverage
    assert (found.answer, found.lacks) == (Answer.CANNOT_TELL, (Lack.NO_CLASS,))
    assert (found.served, found.cannot_tell) == (0, 1)


def test_hydrants_are_held_against_each_other_and_not_against_people():
    city(home(1, 100))
    found = in_area(studied("hydrant"), "hydrant").coverage
    assert (found.answer, found.lacks) == (Answer.NOT_APPLICABLE, (Lack.IS_SPACING,))


def test_without_streets_a_straight_line_is_taken_and_never_complies():
    city(home(1, 100), home(2, 1_000), services=[market(100)], streets=())

    found = in_area(studied("market"), "market").coverage

    assert found.along == Along.STRAIGHT_LINE
    assert (found.served, found.answer) == (2, Answer.CANNOT_TELL)
    assert found.lacks == (Lack.STRAIGHT_ONLY,)


def test_an_indicator_reports_a_share_and_judges_nobody():
    stop = feature("B1", at(100, 0), "bus_stop")
    city(home(1, 100), home(2, 1_900), services=[stop])

    found = in_area(studied("bus_stop"), "bus_stop").coverage

    assert found.share == (0.5, 0.5)
    assert (found.answer, found.lacks) == (Answer.NOT_APPLICABLE, (Lack.NO_LIMIT,))
    assert standards()["bus_stop"].basis == Basis.BENCHMARK


def test_a_railway_station_serves_1_km_where_a_bus_stop_serves_500_m():
    land_use("railway_station")
    station = feature("R1", at(2_000, 0), "railway_station")
    layers = city(home(1, 1_020), home(2, 1_019), services=[station])
    looked_for = [*CLASSES, "railway_station"]
    set_surveyed_area(
        layer=layers["facilities"], geometry=rectangle(-9_000, -9_000, 20_000, 20_000),
        classes=looked_for,
    )  # fmt: skip

    found = in_area(studied("bus_stop"), "bus_stop").coverage

    # 20 m to the street and 980 m along it
    assert (found.served, found.not_served) == (1, 1)


def test_a_park_is_entered_from_the_street_along_it_wherever_one_comes_from():
    park = feature("P1", rectangle(500, -110, 400, 100), "park")
    city(home(1, 1_160), home(2, 1_200), home(3, 240), services=[park])

    found = in_area(studied("park_local"), "park_local").coverage

    # 300 m: 20 m to the street, then to 900 m or 500 m, where the park begins 10 m off
    assert (found.served, found.not_served) == (2, 1)


def test_a_park_smaller_than_a_hectare_is_no_city_park():
    small = feature("P1", rectangle(100, -109, 100, 99), "park")
    large = feature("P2", rectangle(1_700, -110, 100, 100), "park")
    city(home(1, 100), services=[small, large])

    assert row_of(studied("park_city"), "park_city").site_count == 1
    assert row_of(studied("park_local"), "park_local").site_count == 2


def test_a_park_drawn_as_a_point_or_line_may_be_too_small_for_a_city_park():
    land_use("park")
    drawn = [feature("P1", at(1_000, -20), "park"), feature("P2", line((900, 9), (990, 9)), "park")]
    city(home(1, 1_200), services=drawn)

    row = row_of(studied("park_city"), "park_city")

    assert (row.site_count, row.unsure_count) == (0, 2)
    found = row.areas[0].coverage
    assert (found.served, found.not_served, found.cannot_tell) == (0, 0, 1)


def test_a_school_of_unknown_level_may_be_a_primary_school():
    known = feature("SC-1", at(100, -5), "school", school_level="primary")
    other = feature("SC-2", at(700, -5), "school", school_level="kindergarten")
    unknown = feature("SC-3", at(1_400, -5), "school")
    city(home(1, 100), home(2, 700), home(3, 1_400), services=[known, other, unknown])

    answer = studied("primary")

    row = row_of(answer, "primary")
    assert (row.site_count, row.unsure_count) == (1, 1)
    found = in_area(answer, "primary").coverage
    assert (found.served, found.not_served, found.cannot_tell) == (1, 1, 1)


def test_homes_outside_all_areas_are_counted_apart():
    city(home(1, 100), home(2, 2_500), services=[market(100)])
    answer = studied("market")
    assert answer.outside == 1
    assert in_area(answer, "market").coverage.total == 1


# The plan's horizon


def test_a_planned_market_serves_at_the_horizon_and_not_today():
    coming = market(1_800, "M2", "planned")
    city(home(1, 100), home(2, 1_700), services=[market(100), coming])

    answer = studied("market")

    assert in_area(answer, "market").coverage.not_served == 1
    assert in_area(answer, "market", horizon=Horizon.PLANNED).coverage.not_served == 0


def test_what_is_only_proposed_or_closed_serves_nobody():
    others = [market(1_700, "M2", "proposed"), market(1_800, "M3", "closed")]
    city(home(1, 1_700), services=[market(100), *others])

    answer = studied("market")

    assert in_area(answer, "market", horizon=Horizon.PLANNED).coverage.not_served == 1


def test_what_is_planned_for_after_the_horizon_does_not_count():
    late = market(1_800, "M2", "planned", plan_year=2040)
    city(home(1, 1_700), services=[late])

    early, later = (studied("market", horizon_year=year) for year in (2035, 2040))

    assert in_area(early, "market", horizon=Horizon.PLANNED).coverage.not_served == 1
    assert in_area(later, "market", horizon=Horizon.PLANNED).coverage.served == 1


def test_planned_homes_and_streets_count_at_the_horizon():
    coming = feature("ST-2", line((2_000, 0), (2_000, 180)), "TR", "planned")
    old = feature("ST-1", line((0, 0), (2_000, 0)), "TR")
    new_home = home(2, 1_980, 150, lifecycle="planned")
    city(home(1, 1_500), new_home, services=[market(1_500)], streets=[old, coming])

    answer = studied("market")

    assert in_area(answer, "market").coverage.total == 1
    assert in_area(answer, "market", horizon=Horizon.PLANNED).coverage.served == 2


# Questions that cannot be answered


def test_an_unknown_service_is_refused_with_those_there_are():
    with pytest.raises(ServiceQuestionError, match="There is no standard for 'castle'") as refused:
        ServiceQuestion(services=("castle",))
    assert "market" in refused.value.remedy


@pytest.mark.parametrize(
    "wrong",
    [
        {"access_m": 0.0}, {"access_m": math.nan}, {"tolerance_m": 21.0}, {"years": 10},
        {"growth": 0.5, "years": 10, "growth_source": "x"}, {"people": 10.0},
        {"people_from": PeopleFrom.STATED},
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ServiceQuestionError):
        ServiceQuestion(**wrong)


def test_a_city_without_buildings_or_areas_cannot_be_studied():
    with pytest.raises(ServiceQuestionError, match="which parts the city has"):
        studied("market")


def test_a_question_comes_back_from_where_it_was_kept():
    question = ServiceQuestion(
        services=("market",), people_from=PeopleFrom.STATED, people=5.0, people_source="x"
    )
    assert ServiceQuestion.from_json(question.as_json() | {"services": ["market"]}) == question


# By car: a fire station serves 3,000 m


@pytest.mark.parametrize(
    "recorded", [{"oneway": "yes"}, {"oneway": "F"}, {"access": "no"}, {"motor_vehicle": "private"}]
)
def test_by_car_a_street_that_is_not_free_both_ways_leaves_it_open(recorded):
    land_use("fire_station")
    station = feature("F1", at(100, -5), "fire_station")
    street = feature("ST-1", line((0, 0), (2_000, 0)), "TR", **recorded)
    city(home(1, 900), services=[station, market(100)], streets=[street])

    answer = studied("fire_station", "market")

    assert in_area(answer, "fire_station").coverage.doubts == {Doubt.STREET_RESTRICTED: 1}
    assert in_area(answer, "market").coverage.served == 1


@pytest.mark.parametrize("recorded", [{}, {"oneway": "B"}, {"oneway": "no", "access": "yes"}])
def test_by_car_a_street_that_is_free_both_ways_serves(recorded):
    land_use("fire_station")
    street = feature("ST-1", line((0, 0), (2_000, 0)), "TR", **recorded)
    city(home(1, 900), services=[feature("F1", at(100, -5), "fire_station")], streets=[street])

    assert in_area(studied("fire_station"), "fire_station").coverage.served == 1
