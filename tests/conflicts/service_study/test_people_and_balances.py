"""How many people are counted, and what they lack: m², places, facilities; by hand.

A market asks for 0.2 m² a person and is meant for 10,000 people.
"""

import pytest

from conflicts.service_study.question import ServiceQuestion
from conflicts.service_study.standards import ServiceQuestionError, household_size
from conflicts.service_study.study import CITY
from conflicts.service_study.vocab import Horizon, Lack, Measure, PeopleFrom
from layers.vocab import Answer, Basis
from tests.conflicts.service_study.ground import balance_of, city, home, in_area, market, studied
from tests.factories import at, feature

pytestmark = pytest.mark.django_db
WEST, EAST_SIDE = 0, 1


# People


def test_people_recorded_for_every_home_are_counted():
    city(home(1, 100, people=4), home(2, 1_900, people=6), services=[market(100)])

    answer = studied("market")

    assert answer.people.by == PeopleFrom.RECORDED
    found = in_area(answer, "market").coverage
    assert (found.served, found.not_served) == (4, 6)


def test_where_one_home_lacks_its_people_buildings_are_counted():
    city(home(1, 100, people=4), home(2, 500), services=[market(100)])

    answer = studied("market")

    assert answer.people.by == PeopleFrom.BUILDINGS
    assert in_area(answer, "market").coverage.total == 2
    area = balance_of(answer, "market", Measure.AREA)
    assert (area.answer, area.lacks, area.short) == (Answer.CANNOT_TELL, (Lack.NO_PEOPLE,), None)


def test_a_source_that_does_not_know_all_is_refused_when_asked_for():
    city(home(1, 100, people=4), home(2, 500), services=[market(100)])
    with pytest.raises(ServiceQuestionError, match="not known that way for all homes"):
        studied("market", people_from=PeopleFrom.RECORDED)


def test_dwellings_recorded_count_with_the_average_household():
    city(home(1, 100, dwellings=1), home(2, 500, dwellings=9), services=[market(100)])

    answer = studied("market")

    size, basis, _note = household_size()
    assert (size, basis) == (4.3, Basis.GENERAL_KNOWLEDGE)
    assert in_area(answer, "market").people == pytest.approx(43)


def test_the_people_of_a_sangkat_are_shared_out_by_floor_area():
    # three storeys beside one: three quarters of 1,000 people
    city(
        home(1, 100, storeys=3), home(2, 500, storeys=1), home(3, 1_500),
        services=[market(100)], west={"population": 1_000}, east={"population": 50},
    )  # fmt: skip

    answer = studied("market")

    assert answer.people.by == PeopleFrom.AREAS
    assert sorted(answer.people.of_home[Horizon.TODAY]) == pytest.approx([50, 250, 750])


def test_a_sangkat_without_a_population_leaves_buildings_to_be_counted():
    city(home(1, 100), home(2, 1_500), services=[market(100)], west={"population": 1_000})
    assert studied("market").people.by == PeopleFrom.BUILDINGS


def test_a_number_stated_for_the_city_is_shared_out_over_all_of_it():
    city(home(1, 100), home(2, 1_500), home(3, 2_500), services=[market(100)])

    answer = studied(
        "market", people_from=PeopleFrom.STATED, people=900.0, people_source="census 2019"
    )

    # the third home lies outside the city
    assert sorted(answer.people.of_home[Horizon.TODAY]) == pytest.approx([0, 450, 450])


def test_a_number_without_its_source_is_refused():
    with pytest.raises(ServiceQuestionError, match="without its source"):
        ServiceQuestion(people_from=PeopleFrom.STATED, people=900.0)
    with pytest.raises(ServiceQuestionError, match="without its source"):
        ServiceQuestion(growth=0.02, years=10)


def test_growth_makes_more_people_at_the_horizon_in_the_homes_of_then():
    city(home(1, 100, people=100), services=[market(100)])

    answer = studied("market", growth=0.02, years=10, growth_source="city's own estimate")

    assert in_area(answer, "market").people == 100
    # 1.02 ** 10 = 1.21899
    then = in_area(answer, "market", horizon=Horizon.PLANNED).people
    assert then == pytest.approx(121.899, abs=1e-3)


def test_without_a_growth_rate_coming_homes_bring_their_own_people():
    city(home(1, 100, people=4), home(2, 200, people=8, lifecycle="planned"))
    answer = studied("market")
    assert in_area(answer, "market").people == 4
    assert in_area(answer, "market", horizon=Horizon.PLANNED).people == 12


def test_a_total_that_is_known_stays_when_homes_are_added():
    city(home(1, 100), home(2, 200, lifecycle="planned"), west={"population": 800})
    answer = studied("market")
    assert in_area(answer, "market", horizon=Horizon.PLANNED).people == pytest.approx(800)


# Balances


def test_a_market_of_1600_m2_is_enough_for_8000_people_and_short_for_more():
    # 0.2 m² a person: 8,000 people need 1,600 m², 10,000 need 2,000 m²
    city(home(1, 100, people=8_000), home(2, 1_500, people=2_000), services=[market(100)])

    answer = studied("market")

    west, whole = (balance_of(answer, "market", Measure.AREA, area) for area in (WEST, CITY))
    assert (west.provided, west.required, west.answer) == (1_600, 1_600, Answer.COMPLIES)
    assert (whole.short, whole.answer) == (pytest.approx(400), Answer.FAILS)


def test_one_market_is_meant_for_10000_people():
    city(home(1, 100, people=10_001), home(2, 1_500, people=9_999), services=[market(100)])

    answer = studied("market")

    west = balance_of(answer, "market", Measure.NUMBER, WEST)
    assert (west.provided, west.short, west.answer) == (1, 1, Answer.FAILS)
    east = balance_of(answer, "market", Measure.NUMBER, EAST_SIDE)
    assert (east.answer, east.lacks) == (Answer.NOT_APPLICABLE, (Lack.FEW_PEOPLE,))


def test_120_primary_places_are_asked_for_1000_people():
    school = {"land_use_code": "school_primary"}
    one = feature("SC-1", at(100, -5), **school, places=100)
    city(home(1, 100, people=1_000), services=[one])

    found = balance_of(studied("primary"), "primary", Measure.PLACES)

    assert (found.provided, found.required, found.short) == (100, 120, 20)
    assert found.answer == Answer.FAILS


def test_a_school_whose_places_nobody_recorded_leaves_the_shortage_open():
    one = feature("SC-1", at(100, -5), "school_primary", places=100)
    two = feature("SC-2", at(300, -5), "school_primary", pupils=640)
    city(home(1, 100, people=1_000), services=[one, two])

    found = balance_of(studied("primary"), "primary", Measure.PLACES)

    # pupils who go there are not the places it has
    assert (found.answer, found.lacks) == (Answer.CANNOT_TELL, (Lack.NO_PLACES,))
    assert found.short == 20


def test_a_site_drawn_as_a_point_has_no_known_area():
    city(home(1, 100, people=1_000), services=[feature("M1", at(100, -5), "market")])
    found = balance_of(studied("market"), "market", Measure.AREA)
    assert (found.answer, found.lacks) == (Answer.CANNOT_TELL, (Lack.NO_AREA,))


def test_ground_that_two_records_share_is_counted_once():
    again = market(100, "M2")
    city(home(1, 100, people=10_000), services=[market(100), again])
    assert balance_of(studied("market"), "market", Measure.AREA).provided == pytest.approx(1_600)


def test_where_markets_were_not_looked_for_a_shortage_cannot_be_told():
    layers = city(home(1, 100, people=10_000), services=[market(100)])
    layers["facilities"].surveyed_areas.all().delete()
    found = balance_of(studied("market"), "market", Measure.AREA)
    assert (found.answer, found.lacks) == (Answer.CANNOT_TELL, (Lack.NO_SURVEY,))
    assert found.short == pytest.approx(400)


def test_a_market_on_the_border_of_two_sangkats_is_counted_in_one():
    # its 40 m by 40 m reach 20 m into each sangkat: of its ground each has the half
    people = [home(1, 500, people=10_000), home(2, 1_500, people=10_000)]
    city(*people, services=[market(1_000)])

    answer = studied("market")

    numbers = [balance_of(answer, "market", Measure.NUMBER, area) for area in (WEST, EAST_SIDE)]
    assert [(each.provided, each.answer) for each in numbers] == [
        (1, Answer.COMPLIES),
        (0, Answer.FAILS),
    ]
    grounds = [balance_of(answer, "market", Measure.AREA, area) for area in (WEST, EAST_SIDE)]
    assert [each.provided for each in grounds] == [800, 800]
    assert balance_of(answer, "market", Measure.NUMBER, CITY).provided == 1
