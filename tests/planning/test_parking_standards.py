"""Car parking by the standard of each zone: the number asked for, one less, and what is missing."""

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from layers.vocab import Answer
from planning.permits.parking import Need, _answer, _counted, _large_dwellings, vehicles
from tests.planning.street import asked, checks

CARS, _MOTORBIKES = vehicles()


def parking(zone, use, of_use, cars):
    found = checks(asked(zone, use, of_use, parking_cars=cars))
    return found["parking"][0]


# zone, use, what it states, spaces asked for by hand
STANDARDS = [
    ("R1", "dwelling_single", {"floor_area_m2": 151, "dwellings": 1}, 1),
    ("R3", "apartment_low", {"dwellings": 9, "floor_area_m2": 900}, 5),  # 0.5 x 9 = 4.5
    ("R3", "apartment_low", {"dwellings": 10, "floor_area_m2": 900}, 5),
    ("RA", "apartment_low", {"dwellings": 11}, 2),  # 0.1 x 11 = 1.1
    ("C1", "market", {"floor_area_m2": 100}, 1),
    ("C1", "market", {"floor_area_m2": 100.1}, 2),
    ("C2", "office", {"floor_area_m2": 250}, 3),
    ("MX", "office", {"floor_area_m2": 240}, 2),
    ("MX", "office", {"floor_area_m2": 241}, 3),
    ("I1", "factory_light", {"floor_area_m2": 900}, 3),
    ("T1", "hotel_small", {"rooms": 20}, 5),
    ("T2", "hotel_large", {"rooms": 41}, 11),  # 0.25 x 41 = 10.25
    ("PA", "admin", {"floor_area_m2": 151}, 2),
    ("PE", "school_primary", {"classrooms": 12}, 6),
    ("PH", "hospital", {"beds": 100}, 30),
    ("HR", "pagoda", {"seats": 101}, 3),
    ("GP", "park", {}, 5),  # 1 per 2,000 m2 of the 10,000 m2 plot
]


@pytest.mark.parametrize(("zone", "use", "stated", "cars"), STANDARDS)
def test_the_spaces_asked_for_suffice_and_one_less_does_not(street, zone, use, stated, cars):
    enough, short = parking(zone, use, stated, cars), parking(zone, use, stated, cars - 1)
    assert (enough["answer"], enough["required"], enough["margin"]) == ("complies", cars, 0)
    assert (short["answer"], short["margin"]) == ("fails", -1)
    assert not short["may_block"]


@pytest.mark.parametrize(
    ("zone", "use", "missing"),
    [
        ("R3", "apartment_low", "dwellings"), ("C2", "office", "floor area"),
        ("T2", "hotel_large", "rooms"), ("PE", "school_primary", "classrooms"),
        ("PH", "hospital", "beds"), ("HR", "pagoda", "seats"), ("AP", "admin", "study"),
        ("R1", "dwelling_single", "floor area"), ("UT", "wwtp", "study"),
    ],
)  # fmt: skip
def test_a_count_that_is_not_stated_is_named_and_no_number_of_spaces_clears_it(
    street, zone, use, missing
):
    found = parking(zone, use, {}, 1000)
    assert found["answer"] == "cannot_tell"
    assert missing in found["missing"][0]["en"]
    assert found["required"] is None


@pytest.mark.parametrize(("zone", "use", "stated", "cars"), STANDARDS)
def test_spaces_that_are_not_stated_are_missing_and_not_zero(street, zone, use, stated, cars):
    found = parking(zone, use, stated, None)
    assert found["answer"] == "cannot_tell"
    assert "parking spaces" in found["missing"][-1]["en"]


def test_a_warehouse_asks_for_lorries_too_so_cars_alone_clear_nothing(street):
    enough = parking("LG", "warehouse", {"floor_area_m2": 1000}, 2)
    assert enough["answer"] == "cannot_tell"
    assert "lorries" in enough["missing"][0]["en"]
    assert parking("LG", "warehouse", {"floor_area_m2": 1000}, 1)["answer"] == "fails"


@pytest.mark.parametrize("zone", ["GC", "CN", "MG", "WA", "FR", "TR", "UR"])
def test_a_zone_without_a_standard_asks_for_none(street, zone):
    assert "parking" not in checks(asked(zone, "park", parking_cars=0))


@pytest.mark.parametrize(
    ("dwellings", "area", "least", "most"),
    [
        (1, 150, 0, 0),
        (1, 151, 1, 1),
        (1, 900, 1, 1),
        (2, 150, 0, 0),
        (2, 300, 0, 1),  # 250 m2 + 50 m2: the average of 150 m2 hides the large one
        (2, 301, 1, 2),
        (3, 450, 0, 2),
        (None, 150, 0, 0),
        (None, 360, 0, 2),
        (None, 0, 0, 0),
    ],
)
def test_an_average_never_hides_a_large_dwelling(dwellings, area, least, most):
    need = _large_dwellings(case_of(dwellings, area), 1)
    assert (need.least, need.spaces) == (least, most)


def case_of(dwellings, area):
    """A stand-in with the two numbers the count is taken of."""
    from types import SimpleNamespace

    from planning.permits.application import Proposal, ProposedUse

    use = ProposedUse(class_code="dwelling_single", floor_area_m2=area, dwellings=dwellings)
    return SimpleNamespace(application=SimpleNamespace(proposal=Proposal(uses=(use,))))


@given(st.lists(st.floats(1, 2000), min_size=1, max_size=8))
def test_however_the_floor_is_shared_out_the_count_lies_between_least_and_most(areas):
    need = _large_dwellings(case_of(len(areas), sum(areas)), 1)
    large = sum(area > 150 for area in areas)
    assert need.least <= large <= need.spaces


def test_two_dwellings_of_300_m2_together_are_open_with_no_space_and_clear_with_one(street):
    two = {"floor_area_m2": 300, "dwellings": 2}
    open_case = parking("R1", "dwelling_single", two, 0)
    assert open_case["answer"] == "cannot_tell"
    assert "each dwelling" in open_case["missing"][0]["en"]
    assert parking("R1", "dwelling_single", two, 1)["answer"] == "complies"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.floats(0, 1e6), st.floats(0.001, 2), st.integers(0, 3000))
def test_more_spaces_never_turn_enough_into_too_few(amount, rate, provided):
    need = _counted(amount, rate, None)
    assert need.spaces >= amount * rate - 1e-6
    assert need.spaces < amount * rate + 1
    answer, _missing = _answer(need, float(provided), CARS)
    more, _missing = _answer(need, float(provided + 1), CARS)
    assert not (answer == Answer.COMPLIES and more != Answer.COMPLIES)
    assert (answer == Answer.COMPLIES) is (provided >= need.spaces)


def test_a_need_of_nothing_is_met_without_a_stated_number():
    assert _answer(Need(spaces=0), None, CARS) == (Answer.COMPLIES, [])


def test_the_rate_of_each_printed_standard_is_the_one_used(street, printed):
    rates = {row["key"]: (row["cars_per_unit"], row["unit"]) for row in printed("parking_rules")}
    assert rates["hotel"][0] == "0.25"
    assert rates["hospital"] == ("0.3", "bed")
    assert rates["com_office"] == ("1", "100 m2 usable floor")
    assert rates["park"] == ("1", "2000 m2 site")
    explained = parking("PH", "hospital", {"beds": 10}, 3)["explanation"]["en"]
    assert "'hospital': 0.3 per bed" in explained
    assert math.isclose(parking("PH", "hospital", {"beds": 10}, 3)["required"], 3)


@pytest.mark.parametrize(
    ("zone", "basis"),
    [("C2", "foreign_reference"), ("T2", "foreign_reference"), ("I1", "demo_value")],
)
def test_a_vietnamese_standard_is_marked_foreign_and_any_other_a_demo(street, zone, basis):
    found = parking(zone, "admin", {"floor_area_m2": 10}, 1)
    assert found["basis"] == basis
