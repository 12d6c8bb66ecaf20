"""Motorbikes by the table of the demo city: the number asked for, one less, and what is missing."""

import pytest

from tests.planning.street import asked, checks


def motorbikes(zone, use, of_use, spaces):
    return checks(asked(zone, use, of_use, parking_motorbikes=spaces))["parking_motorbikes"][0]


# zone, use, what it states, spaces asked for by hand
STANDARDS = [
    ("R1", "dwelling_single", {"floor_area_m2": 151, "dwellings": 1}, 1),
    ("R3", "apartment_low", {"dwellings": 9, "floor_area_m2": 900}, 14),  # 1.5 x 9 = 13.5
    ("C1", "market", {"floor_area_m2": 100}, 4),
    ("C2", "office", {"floor_area_m2": 250}, 8),  # 3 per 100 m2: 7.5
    ("I1", "factory_light", {"floor_area_m2": 900}, 30),
    ("T2", "hotel_large", {"rooms": 41}, 21),  # 0.5 x 41 = 20.5
    ("PE", "school_primary", {"classrooms": 12}, 72),
    ("PH", "hospital", {"beds": 100}, 150),
    ("HR", "pagoda", {"seats": 101}, 21),  # 10 per 50 seats: 20.2
    ("GP", "park", {}, 25),  # 5 per 2,000 m2 of the 10,000 m2 plot
    ("LG", "warehouse", {"floor_area_m2": 1000}, 6),  # lorries are no motorbikes: nothing open
]


@pytest.mark.parametrize(("zone", "use", "stated", "spaces"), STANDARDS)
def test_the_spaces_asked_for_suffice_and_one_less_does_not(street, zone, use, stated, spaces):
    enough = motorbikes(zone, use, stated, spaces)
    short = motorbikes(zone, use, stated, spaces - 1)
    assert (enough["answer"], enough["required"], enough["unit"]) == (
        "complies", spaces, "motorbikes",
    )  # fmt: skip
    assert (short["answer"], short["margin"]) == ("fails", -1)


@pytest.mark.parametrize(("zone", "use", "stated", "spaces"), STANDARDS)
def test_no_motorbike_space_stated_is_missing_and_not_zero(street, zone, use, stated, spaces):
    found = motorbikes(zone, use, stated, None)
    assert found["answer"] == "cannot_tell"
    assert "motorbike parking spaces" in found["missing"][-1]["en"]


@pytest.mark.parametrize("zone", ["C1", "C2", "T2", "R3", "I1"])
def test_no_motorbike_ratio_borrows_the_source_of_the_cars(street, zone):
    found = motorbikes(zone, "admin", {"floor_area_m2": 10}, 1)
    assert (found["basis"], found["source"]) == ("demo_value", "parking_rules.csv")
    assert not found["may_block"]


@pytest.mark.parametrize("zone", ["GC", "CN", "MG", "WA", "FR", "TR", "UR"])
def test_a_zone_without_a_standard_asks_for_none(street, zone):
    assert "parking_motorbikes" not in checks(asked(zone, "park", parking_motorbikes=0))


def test_cars_and_motorbikes_are_two_answers(street):
    found = checks(asked("C1", "market", {"floor_area_m2": 100}, parking_cars=1))
    assert found["parking"][0]["answer"] == "complies"
    assert found["parking_motorbikes"][0]["answer"] == "cannot_tell"
