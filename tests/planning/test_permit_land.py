from datetime import date

import pytest

from layers.models import LandUseClass
from planning.models import LandReservation
from planning.permits.run import check_application
from planning.vocab import Outcome
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import (
    application,
    check_of,
    drawn,
    flooded,
    nothing_reserved,
    parcel,
    r1_plot,
    surveyed,
    zoned,
)

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)


def results(**changed):
    return check_application(application(**changed)).results


def use_check(code, zone="R1"):
    zoned(("Z-1", zone, CITY), parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)])
    uses = [{"class": code, "floor_area_m2": 300}]
    return check_of(results(proposal={"uses": uses}), f"use:{code}")


def test_a_karaoke_club_in_r1_is_prohibited_and_as_a_demo_value_only_warns():
    found = use_check("karaoke_club")
    assert (found["answer"], found["may_block"]) == ("fails", False)
    assert found["basis"] == "demo_value"


def test_a_use_that_needs_the_committee_cannot_be_told_here():
    found = use_check("pagoda")
    assert found["answer"] == "cannot_tell"
    assert "committee" in found["missing"][0]["en"]


def test_a_zone_the_use_table_has_no_column_for_prohibits_all_but_by_ministry():
    found = use_check("park", zone="FR")
    assert found["answer"] == "fails"
    assert "ministry" in found["provision"]


def test_a_use_the_table_does_not_name_is_asked_to_be_more_exact():
    found = use_check("industrial_zone")
    assert found["answer"] == "cannot_tell"


def test_in_two_zones_the_stricter_permission_holds():
    zoned(
        ("Z-1", "C1", rectangle(0, 0, 50, 100)),
        ("Z-2", "R1", rectangle(50, 0, 50, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)],
    )
    uses = [{"class": "market", "floor_area_m2": 300}]
    found = check_of(results(proposal={"uses": uses}), "use:market")
    assert (found["answer"], found["zone"]) == ("fails", "R1")


@pytest.mark.parametrize(
    ("tenure", "answer"),
    [
        ("private", "complies"),
        ("state_public", "fails"),
        ("state_private", "cannot_tell"),
        ("pagoda", "cannot_tell"),
        ("unknown", "cannot_tell"),
        ("no such word", "cannot_tell"),
    ],
)
def test_tenure_decides_who_may_build(tenure, answer):
    r1_plot(tenure=tenure)
    assert check_of(results(), "tenure")["answer"] == answer


def test_state_public_land_blocks_and_shows_where():
    r1_plot(tenure="state_public")
    checked = check_application(application(proposal={"footprint_area_m2": 100}))
    tenure = check_of(checked.results, "tenure")
    assert (tenure["may_block"], tenure["source"]) == (True, "S57; S31")
    assert tenure["evidence"]["type"] == "Polygon"
    assert checked.outcome == Outcome.NOT_COMPLIANT


def test_a_public_authority_on_state_public_land_needs_a_written_consent():
    r1_plot(tenure="state_public")
    tenure = check_of(results(applicant="public_authority"), "tenure")
    assert tenure["answer"] == "cannot_tell"
    assert "consent" in tenure["missing"][0]["en"]


def reserve(shape, status="adopted", **fields):
    filled_layer("reservations", feature("R-1", shape))
    fields.setdefault("instrument_text", "Decision 5/2026")
    LandReservation.objects.create(
        reference="RES-1",
        purpose_en="School",
        purpose_class=LandUseClass.objects.get(code="school"),
        status=status,
        feature_stable_id="R-1",
        **fields,
    )


def test_without_a_reservations_layer_nobody_can_tell():
    r1_plot()
    assert check_of(results(), "reservation")["answer"] == "cannot_tell"


def test_a_register_that_does_not_say_where_it_is_complete_gives_no_all_clear():
    r1_plot()
    filled_layer("reservations", feature("far", square(5000, 5000, 10)))
    found = check_of(results(), "reservation")
    assert found["answer"] == "cannot_tell"
    assert found["may_block"]


def test_a_complete_register_without_a_reservation_here_clears_the_plot():
    r1_plot()
    nothing_reserved(CITY)
    assert check_of(results(), "reservation")["answer"] == "complies"


def test_two_metres_of_an_adopted_reservation_on_the_plot_block_it():
    r1_plot()
    reserve(rectangle(58, 0, 30, 100))
    found = check_of(results(), "reservation:RES-1")
    assert (found["answer"], found["measured"], found["may_block"]) == ("fails", 30, True)
    assert found["provision"] == "Decision 5/2026"


def test_a_reservation_that_only_touches_the_plot_is_none():
    r1_plot()
    reserve(rectangle(60, 0, 30, 100))
    surveyed("reservations", CITY)
    assert check_of(results(), "reservation")["answer"] == "complies"


def test_a_proposed_reservation_warns_and_does_not_block():
    r1_plot()
    reserve(rectangle(58, 0, 30, 100), status="proposed", instrument_text="")
    found = check_of(results(), "reservation:RES-1")
    assert (found["answer"], found["may_block"]) == ("fails", False)


@pytest.mark.parametrize(("expires", "blocks"), [("2026-11-01", False), ("2026-11-02", True)])
def test_a_reservation_that_has_run_out_no_longer_blocks(expires, blocks):
    r1_plot()
    reserve(rectangle(58, 0, 30, 100), expires_on=date.fromisoformat(expires))
    assert check_of(results(), "reservation:RES-1")["may_block"] is blocks


def test_a_released_reservation_holds_nothing():
    r1_plot()
    reserve(rectangle(58, 0, 30, 100), status="released")
    surveyed("reservations", CITY)
    assert check_of(results(), "reservation")["answer"] == "complies"


def test_an_outline_nobody_registered_still_counts():
    r1_plot()
    filled_layer("reservations", feature("R-9", rectangle(58, 0, 30, 100)))
    found = check_of(results(), "reservation:R-9")
    assert (found["answer"], found["may_block"]) == ("fails", False)


def flood_check(hazard_class, shape=CITY, depth_max_m=0.3, **changed):
    r1_plot()
    flooded(CITY, hazard_class, shape, depth_max_m)
    return check_of(results(**changed), "flood:flood-q100")


def test_without_a_flood_layer_nobody_can_tell():
    r1_plot()
    assert check_of(results(), "flood")["answer"] == "cannot_tell"


def test_a_dry_plot_inside_the_modelled_area_complies():
    assert flood_check("H4", shape=square(90, 90, 5))["answer"] == "complies"


def test_a_dry_plot_outside_the_modelled_area_cannot_be_told():
    r1_plot()
    flooded(square(0, 0, 30), "H4", square(0, 0, 5), 2.0)
    assert check_of(results(), "flood:flood-q100")["answer"] == "cannot_tell"


@pytest.mark.parametrize(
    ("hazard_class", "depth", "level", "answer"),
    [
        ("H1", 0.3, 0.6, "complies"),  # 0.3 m of water and 0.3 m of freeboard
        ("H1", 0.3, 0.59, "fails"),
        ("H2", 0.6, 1.1, "complies"),  # 0.6 m of water and 0.5 m of freeboard
        ("H2", 0.6, 1.09, "fails"),
        ("H1", 0.3, None, "cannot_tell"),
        ("H1", None, 2.0, "cannot_tell"),
    ],
)
def test_the_floor_lies_above_the_water_by_the_freeboard(hazard_class, depth, level, answer):
    found = flood_check(
        hazard_class, depth_max_m=depth, proposal={"floor_level_above_ground_m": level}
    )
    assert found["answer"] == answer


def test_a_dwelling_with_a_basement_in_h2_must_not_be_lived_in_below():
    found = flood_check(
        "H2",
        depth_max_m=0.6,
        proposal={"floor_level_above_ground_m": 1.2, "basement_depth_m": 2.5},
    )
    assert found["answer"] == "cannot_tell"
    assert "basement" in found["missing"][0]["en"]


@pytest.mark.parametrize(
    ("use", "answer"),
    [("school_primary", "fails"), ("hospital", "fails"), ("fuel_station", "fails"),
     ("dwelling_single", "cannot_tell")],
)  # fmt: skip
def test_h3_is_no_place_for_a_school_and_asks_a_study_of_a_house(use, answer):
    uses = [{"class": use, "floor_area_m2": 300}]
    assert flood_check("H3", depth_max_m=1.2, proposal={"uses": uses})["answer"] == answer


def critical(use, years=100):
    r1_plot()
    flooded(CITY, "H1", CITY, 0.3, years=years)
    uses = [{"class": use, "floor_area_m2": 300}]
    found = results(proposal={"uses": uses, "floor_level_above_ground_m": 2})["checks"]
    return [row for row in found if row["code"].startswith(("FZ-", "LF-"))]


def test_a_hospital_stays_out_of_even_shallow_water_and_the_demo_rule_warns():
    [found] = critical("hospital")
    assert (found["code"], found["answer"]) == ("FZ-01:flood:flood-q100", "fails")
    assert not found["may_block"]


def test_a_primary_school_is_a_school():
    assert [row["code"] for row in critical("school_primary")] == ["FZ-02:flood:flood-q100"]


def test_a_landfill_in_the_flood_area_breaks_a_foreign_rule():
    [found] = critical("landfill")
    assert (found["code"], found["basis"]) == ("LF-17:flood:flood-q100", "foreign_reference")


def test_a_house_is_no_critical_facility():
    assert critical("dwelling_single") == []


@pytest.mark.parametrize(("years", "rules"), [(10, 1), (100, 1), (101, 0), (None, 1)])
def test_critical_facilities_are_kept_from_what_floods_once_in_100_years(years, rules):
    assert len(critical("hospital", years)) == rules


def test_nothing_new_is_built_in_h4():
    assert flood_check("H4", depth_max_m=None)["answer"] == "fails"


def test_deep_water_on_part_of_the_plot_asks_where_the_building_stands():
    found = flood_check("H4", shape=rectangle(40, 40, 5, 15), depth_max_m=None)
    assert found["answer"] == "cannot_tell"
    assert "footprint" in found["missing"][0]["en"]


def test_a_building_drawn_beside_the_deep_water_complies():
    found = flood_check(
        "H4",
        shape=rectangle(40, 40, 5, 15),
        depth_max_m=None,
        proposal={"footprint": drawn(46, 41, 10, 10), "footprint_area_m2": None},
    )
    assert found["answer"] == "complies"
    assert "not where the building stands" in found["explanation"]["en"]


def test_a_building_drawn_into_the_deep_water_fails():
    found = flood_check(
        "H4",
        shape=rectangle(40, 40, 5, 15),
        depth_max_m=None,
        proposal={"footprint": drawn(44, 41, 10, 10), "footprint_area_m2": None},
    )
    assert found["answer"] == "fails"


def test_every_modelled_flood_is_answered_and_the_worst_class_of_each_decides():
    r1_plot()
    flooded(CITY, "H1", CITY, 0.3, code="q010")
    flooded(CITY, "H4", CITY, None, code="q100")
    found = results(proposal={"floor_level_above_ground_m": 1})
    assert check_of(found, "flood:flood-q010")["answer"] == "complies"
    assert check_of(found, "flood:flood-q100")["answer"] == "fails"


def test_a_mapped_dry_class_is_no_flooding():
    assert flood_check("H0", depth_max_m=0.0)["answer"] == "complies"


def parking(zone="R1", **proposal):
    zoned(("Z-1", zone, CITY), parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)])
    return check_of(results(proposal=proposal), "parking")


def test_one_dwelling_above_150_m2_needs_one_space():
    house = {"class": "dwelling_single", "floor_area_m2": 151, "dwellings": 1}
    found = parking(uses=[house], parking_cars=0, footprint_area_m2=100)
    assert (found["answer"], found["required"]) == ("fails", 1)


def test_one_dwelling_of_150_m2_needs_none():
    house = {"class": "dwelling_single", "floor_area_m2": 150, "dwellings": 1}
    found = parking(uses=[house], parking_cars=None, footprint_area_m2=100)
    assert found["answer"] == "complies"


def test_dwellings_that_are_not_counted_are_taken_as_the_most_there_can_be():
    house = {"class": "dwelling_single", "floor_area_m2": 360}  # 2 of 180 m2; 3 would be 120 m2
    assert parking(uses=[house], parking_cars=2)["answer"] == "complies"


def test_250_m2_of_offices_need_three_spaces():
    office = {"class": "office", "floor_area_m2": 250}
    found = parking(zone="C2", uses=[office], parking_cars=2)
    assert (found["answer"], found["required"], found["basis"]) == (
        "fails", 3, "foreign_reference",
    )  # fmt: skip


def test_a_hotel_that_does_not_state_its_rooms_leaves_parking_open():
    hotel = {"class": "hotel_small", "floor_area_m2": 250}
    found = parking(zone="T2", uses=[hotel], parking_cars=9)
    assert found["answer"] == "cannot_tell"
    assert "rooms" in found["missing"][0]["en"]


def test_forty_rooms_need_ten_spaces():
    hotel = {"class": "hotel_large", "floor_area_m2": 2500, "rooms": 40}
    assert parking(zone="T2", uses=[hotel], parking_cars=10)["required"] == 10


def test_spaces_that_are_not_stated_are_not_zero():
    house = {"class": "dwelling_single", "floor_area_m2": 200, "dwellings": 1}
    assert parking(uses=[house], parking_cars=None)["answer"] == "cannot_tell"
