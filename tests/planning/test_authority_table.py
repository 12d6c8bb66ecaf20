"""Who decides, row by row of the printed routing table, from both sides of each threshold."""

import itertools

import pytest

from planning.permits.application import read_application
from planning.permits.authority import NAMES, WORKS, competent_authority, eia_triggers
from tests.planning.street import asked

MINISTER, PROVINCE = "MINISTER", "GOVERNOR_PROVINCE"
MUNICIPALITY, EXEMPT = "GOVERNOR_MUNICIPAL_DISTRICT_KHAN", "EXEMPT"


def routed(use="office", area=400.0, floors=4, basement=0, **stated):
    of_use = {} if area is None else {"floor_area_m2": area}
    given = asked("C1", use, of_use, floors=floors, basement_depth_m=basement, **stated)
    return competent_authority(read_application(given))


@pytest.mark.parametrize(
    ("stated", "authority"),
    [
        ({"area": 3000}, PROVINCE),
        ({"area": 3000.01}, MINISTER),
        ({"area": 500.01}, PROVINCE),
        ({"area": 500}, MUNICIPALITY),
        ({"area": 12}, MUNICIPALITY),
        ({"area": 11.99}, EXEMPT),
        ({"area": 1}, EXEMPT),
        ({"floors": 11}, MUNICIPALITY),
        ({"floors": 12}, MINISTER),
        ({"area": 501, "floors": 11}, PROVINCE),
        ({"basement": 0.01}, PROVINCE),
        ({"basement": 5}, PROVINCE),
        ({"basement": 5.01}, MINISTER),
        ({"retaining_wall_height_m": 5}, MUNICIPALITY),
        ({"retaining_wall_height_m": 5.01}, MINISTER),
        ({"water_tank_height_m": 15}, MUNICIPALITY),
        ({"water_tank_height_m": 15.01}, MINISTER),
        ({"water_tank_volume_m3": 50}, MUNICIPALITY),
        ({"water_tank_volume_m3": 50.01}, MINISTER),
        ({"use": "fuel_station"}, MINISTER),
        ({"use": "fuel_depot"}, MINISTER),
        ({"use": "chemical_store"}, MINISTER),
        ({"use": "sport"}, MINISTER),
        ({"use": "heritage"}, MINISTER),
        ({"use": "fertilizer_store"}, MUNICIPALITY),
        ({"use": "pagoda"}, MUNICIPALITY),
    ],
)
def test_each_row_of_the_routing_table_decides_at_its_threshold(street, stated, authority):
    assert routed(**stated)["authority"] == authority


@pytest.mark.parametrize(
    ("stated", "missing"),
    [
        ({"area": None}, {"floor_area_m2"}),
        ({"floors": None}, {"floors"}),
        ({"basement": None}, {"basement_depth_m"}),
        ({"area": None, "floors": None}, {"floor_area_m2", "floors"}),
        ({"area": 5, "floors": None}, {"floors"}),  # an exempt size, but of how many floors?
        ({"area": 5, "basement": None}, {"basement_depth_m"}),
    ],
)
def test_a_fact_that_is_not_stated_leaves_the_authority_open(street, stated, missing):
    answer = routed(**stated)
    assert answer["authority"] is None
    assert missing <= set(answer["missing"])
    assert answer["reasons"] == []


@pytest.mark.parametrize(
    "decisive",
    [{"area": 3001}, {"floors": 12}, {"basement": 6}, {"use": "fuel_station"},
     {"water_tank_volume_m3": 51}],
)  # fmt: skip
def test_what_goes_to_the_minister_goes_there_whatever_else_is_missing(street, decisive):
    nothing = {"area": None, "floors": None, "basement": None}
    assert routed(**{**nothing, **decisive})["authority"] == MINISTER


def test_every_reason_for_the_minister_is_named(street):
    answer = routed(use="fuel_station", area=3001, floors=12, basement=6)
    assert len(answer["reasons"]) == 4
    text = " ".join(answer["reasons"])
    for words in ("3,000 m2", "11 floors", "5 m", "fuel"):
        assert words in text


SIZES = (1, 11.99, 12, 500, 500.01, 3000, 3000.01)
RANK = {EXEMPT: 0, MUNICIPALITY: 1, PROVINCE: 2, MINISTER: 3}


def test_a_larger_building_never_goes_to_a_lower_authority(street):
    for floors, basement in itertools.product((1, 11, 12), (0, 3, 5.1)):
        ranks = [
            RANK[routed(area=area, floors=floors, basement=basement)["authority"]] for area in SIZES
        ]
        assert ranks == sorted(ranks)


def test_works_an_application_does_not_list_are_none(street):
    for work in WORKS:
        assert routed()["authority"] == routed(**{work: 0})["authority"] == MUNICIPALITY


def test_the_printed_thresholds_and_the_conditions_are_the_same_numbers(printed):
    conditions = printed("permit_authority_predicates")
    stated = {(row["authority"], row["field"], row["op"]): row["value"] for row in conditions}
    assert stated["MINISTER", "floor_area_m2", "gt"] == "3000"
    assert stated["MINISTER", "floors", "gt"] == "11"
    assert stated["MINISTER", "basement_depth_m", "gt"] == "5"
    assert stated["MINISTER", "retaining_wall_height_m", "gt"] == "5"
    assert stated["MINISTER", "water_tank_height_m", "gt"] == "15"
    assert stated["MINISTER", "water_tank_volume_m3", "gt"] == "50"
    assert stated[MUNICIPALITY, "floor_area_m2", "le"] == "500"
    assert stated[MUNICIPALITY, "basement_depth_m", "eq"] == "0"
    assert stated[EXEMPT, "floor_area_m2", "lt"] == "12"
    assert {row["basis"] for row in conditions} == {"press_report"}
    assert all(row["src"] for row in conditions)


def test_every_authority_of_the_table_is_named_in_both_languages(printed):
    for row in printed("permit_authority_predicates"):
        name = NAMES[row["authority"]]
        assert name["km"] != name["en"]


@pytest.mark.parametrize(
    ("area", "height", "notes"),
    [(99.9, 4.9, 2), (100, 4.9, 1), (99.9, 5, 1), (100, 5, 0), (None, None, 0)],
)
def test_what_the_cut_press_text_hints_at_is_noted_and_exempts_nobody(street, area, height, notes):
    answer = routed(area=area, height_m=height)
    assert len(answer["notes"]) == notes
    assert answer["authority"] != EXEMPT


def test_a_guest_house_is_told_that_tourism_structures_may_be_the_ministers(street):
    notes = " ".join(note["en"] for note in routed(use="hotel_small")["notes"])
    assert "tourism structures" in notes


def triggers(use, of_use=None, **stated):
    given = asked("C1", use, {"floor_area_m2": 100, **(of_use or {})}, height_m=8, **stated)
    return {row["code"]: row for row in eia_triggers(read_application(given))}


@pytest.mark.parametrize(
    ("use", "of_use", "code"),
    [
        ("landfill", {}, "EIA01"),
        ("landfill_inert", {}, None),
        ("waste_compost_incinerator", {}, "EIA01"),
        ("wwtp", {}, "EIA02"),
        ("wwtp_pond", {}, "EIA02"),
        ("hotel_large", {"rooms": 60}, "EIA03"),
        ("hotel_large", {"rooms": 59}, None),
        ("restaurant", {"seats": 500}, "EIA10"),
        ("restaurant", {"seats": 499}, None),
        ("port", {}, "EIA06"),
        ("airport", {}, "EIA06"),
        ("industrial_zone", {}, "EIA06"),
        ("railway", {}, "EIA06"),
        ("fuel_station", {}, "EIA14"),
        ("fuel_depot", {}, None),
        ("office", {"floor_area_m2": 8000}, "EIA05"),
        ("office", {"floor_area_m2": 7999.9}, None),
    ],
)
def test_each_environmental_threshold_holds_from_its_value_on(street, use, of_use, code):
    holding = {row["code"] for row in triggers(use, of_use).values() if row["holds"]}
    assert holding == ({code} if code else set())


@pytest.mark.parametrize(("rooms", "named"), [(39, False), (40, True), (None, True)])
def test_a_hotel_of_forty_rooms_may_lie_next_to_the_coast(street, rooms, named):
    found = triggers("hotel_large", {"rooms": rooms})
    assert ("EIA04" in found) is named
    if named:
        assert not found["EIA04"]["holds"]
        assert "next_to_coast" in found["EIA04"]["missing"]


def test_a_building_that_states_neither_height_nor_area_misses_both(street):
    given = asked("C1", "office")
    [found] = eia_triggers(read_application(given))
    assert (found["code"], found["holds"]) == ("EIA05", False)
    assert set(found["missing"]) == {"height_m", "floor_area_m2"}


@pytest.mark.parametrize(("height", "area"), [(12, None), (None, 8000), (12, 8000)])
def test_either_height_or_area_suffices_for_the_building_threshold(street, height, area):
    of_use = {} if area is None else {"floor_area_m2": area}
    [found] = eia_triggers(read_application(asked("C1", "office", of_use, height_m=height)))
    assert (found["code"], found["holds"], found["missing"]) == ("EIA05", True, [])


def test_thresholds_nobody_has_verified_say_so(street, printed):
    found = {row["code"]: row["verified"] for row in printed("eia_triggers_demo")}
    assert found["EIA14"] == "found"
    assert triggers("fuel_station")["EIA14"]["basis"] == "press_report"
    assert triggers("wwtp")["EIA02"]["basis"] == "general_knowledge"
