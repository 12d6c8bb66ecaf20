import pytest

from planning.permits.application import Proposal, ProposedUse, read_application
from planning.permits.authority import (
    WORKS,
    application_facts,
    competent_authority,
    eia_triggers,
)
from planning.permits.number_names import missing_number
from planning.predicates import all_hold, condition_holds
from tests.planning.city import application, r1_plot

PROVINCE = "GOVERNOR_PROVINCE"
MUNICIPALITY = "GOVERNOR_MUNICIPAL_DISTRICT_KHAN"


@pytest.fixture
def plot(db):
    r1_plot()


def routed(use="office", area=2900.0, floors=4, basement=0, **stated):
    proposal = {
        "uses": [{"class": use, "floor_area_m2": area}],
        "floors": floors,
        "basement_depth_m": basement,
        "footprint_area_m2": min(area or 160, 160),
        **stated,
    }
    return competent_authority(read_application(application(proposal=proposal)))


def test_eleven_floors_and_2900_m2_without_basement_go_to_the_province(plot):
    assert routed(floors=11)["authority"] == PROVINCE


def test_ten_m2_of_floor_over_a_footprint_of_150_m2_exempt_nobody(plot):
    found = routed(area=10, floors=3, footprint_area_m2=150)
    assert found["authority"] is None


def test_twelve_floors_go_to_the_minister(plot):
    answer = routed(floors=12)
    assert answer["authority"] == "MINISTER"
    assert "11 floors" in answer["reasons"][0]


def test_a_fuel_station_of_300_m2_goes_to_the_minister(plot):
    assert routed(use="fuel_station", area=300)["authority"] == "MINISTER"


@pytest.mark.parametrize(
    ("area", "authority"),
    [
        (3000, PROVINCE),
        (3000.01, "MINISTER"),
        (500, MUNICIPALITY),
        (500.01, PROVINCE),
        (12, MUNICIPALITY),
        (11.99, "EXEMPT"),
    ],
)
def test_the_floor_area_decides_at_its_exact_thresholds(plot, area, authority):
    assert routed(area=area)["authority"] == authority


@pytest.mark.parametrize(
    ("basement", "authority"),
    [(0, MUNICIPALITY), (0.1, PROVINCE), (5, PROVINCE), (5.1, "MINISTER")],
)
def test_a_basement_takes_a_small_house_from_the_municipality(plot, basement, authority):
    assert routed(area=400, basement=basement)["authority"] == authority


@pytest.mark.parametrize(
    ("work", "height", "authority"),
    [
        ("retaining_wall_height_m", 5, MUNICIPALITY),
        ("retaining_wall_height_m", 5.1, "MINISTER"),
        ("water_tank_height_m", 15.1, "MINISTER"),
        ("water_tank_volume_m3", 50, MUNICIPALITY),
        ("water_tank_volume_m3", 50.1, "MINISTER"),
    ],
)
def test_large_works_go_to_the_minister(plot, work, height, authority):
    assert routed(area=400, **{work: height})["authority"] == authority


def test_a_basement_that_is_not_stated_is_not_taken_as_none(plot):
    answer = routed(area=400, basement=None)
    assert answer["authority"] is None
    assert answer["missing"] == ["basement_depth_m"]
    assert answer["missing_names"] == [
        {
            "km": "ជម្រៅជាន់ក្រោមដីគិតជា ម (0 បើគ្មាន)",
            "en": "the depth of the basement in m, 0 for none",
        }
    ]


def test_every_fact_that_may_be_missing_has_a_name_in_both_languages(plot):
    facts = application_facts(read_application(application()))
    for field in set(facts) - {*WORKS, "use"}:
        name = missing_number(field)
        assert "_" not in name["en"], field
        assert name["km"] != name["en"], field


def test_floors_that_are_not_stated_matter_not_where_the_area_already_decides(plot):
    assert routed(area=4000, floors=None)["authority"] == "MINISTER"


def test_a_use_without_floor_area_leaves_the_authority_open(plot):
    answer = routed(area=None)
    assert answer["authority"] is None
    assert "floor_area_m2" in answer["missing"]


def test_every_route_says_that_it_is_known_from_the_press(plot):
    assert routed()["basis"] == "press_report"


def test_a_low_hut_is_told_that_the_press_text_on_exemptions_is_cut(plot):
    notes = [note["en"] for note in routed(area=90, height_m=4)["notes"]]
    assert len(notes) == 2


def triggers(use, **stated):
    uses = [{"class": use, "floor_area_m2": stated.pop("area", 100), **stated.pop("of_use", {})}]
    proposal = {"uses": uses, "height_m": 8, "footprint_area_m2": 80, **stated}
    given = application(proposal=proposal)
    return {row["code"]: row for row in eia_triggers(read_application(given))}


def test_a_fuel_station_of_any_size_needs_an_environmental_instrument(plot):
    found = triggers("fuel_station")["EIA14"]
    assert (found["holds"], found["basis"]) == (True, "press_report")


def test_a_house_of_8_m_needs_none(plot):
    assert triggers("dwelling_single") == {}


@pytest.mark.parametrize(("height", "named"), [(12, True), (11.9, False)])
def test_twelve_metres_trigger_the_building_threshold(plot, height, named):
    assert ("EIA05" in triggers("office", height_m=height)) is named


@pytest.mark.parametrize(("rooms", "named"), [(60, True), (59, False)])
def test_sixty_rooms_trigger_the_hotel_threshold(plot, rooms, named):
    assert ("EIA03" in triggers("hotel_large", of_use={"rooms": rooms})) is named


def test_a_hotel_that_does_not_state_its_rooms_may_need_an_instrument(plot):
    found = triggers("hotel_large")["EIA03"]
    assert (found["holds"], found["missing"]) == (False, ["rooms"])


def test_a_missing_fact_is_neither_true_nor_false():
    row = {"field": "floors", "op": "gt", "value": "11"}
    assert condition_holds(row, {"floors": None}, {}) is None
    assert condition_holds(row, {}, {}) is None
    assert condition_holds(row, {"floors": 12.0}, {}) is True
    assert condition_holds(row, {"floors": 11.0}, {}) is False


@pytest.mark.parametrize(
    ("verdicts", "both"),
    [
        ([True, True], True),
        ([True, None], None),
        ([False, None], False),
        ([True, False], False),
        ([None], None),
    ],
)
def test_unknown_loses_to_false_and_beats_true(verdicts, both):
    assert all_hold(verdicts) is both


def test_floor_area_sums_only_when_every_use_states_it():
    stated = ProposedUse(class_code="office", floor_area_m2=100.0)
    silent = ProposedUse(class_code="office")
    assert Proposal(uses=(stated, stated)).floor_area_m2 == 200
    assert Proposal(uses=(stated, silent)).floor_area_m2 is None
