import pytest

from planning.models import ComplianceRun, Regulation
from planning.permits.run import check_application
from planning.vocab import Outcome, Parameter
from tests.factories import rectangle, square
from tests.planning.city import (
    application,
    check_of,
    distances_in_force,
    drawn,
    flooded,
    nothing_reserved,
    parcel,
    r1_plot,
    zoned,
)

pytestmark = pytest.mark.django_db


def check(code, **changed):
    return check_of(check_application(application(**changed)).results, code)


def test_160_m2_of_house_on_a_300_m2_plot_in_r1_cover_3_point_3_points_too_much():
    r1_plot()

    checked = check_application(application())
    coverage = check_of(checked.results, "coverage_share")

    assert coverage["answer"] == "fails"
    assert coverage["measured"] == 53.33
    assert coverage["required"] == 50
    assert coverage["margin"] == -3.33
    assert coverage["unit"] == "%"
    assert coverage["margin_unit"] == "percentage points"
    assert coverage["basis"] == "press_report"
    assert "42/2015" in coverage["provision"]
    assert checked.outcome == Outcome.NOT_COMPLIANT


def test_exactly_150_m2_on_300_m2_are_allowed():
    r1_plot()
    coverage = check("coverage_share", proposal={"footprint_area_m2": 150})
    assert (coverage["answer"], coverage["margin"]) == ("complies", 0)


def test_one_square_decimetre_more_than_half_the_plot_is_not_allowed():
    r1_plot()
    assert check("coverage_share", proposal={"footprint_area_m2": 150.01})["answer"] == "fails"


def test_the_drawn_footprint_is_measured_and_shown_as_evidence():
    r1_plot()
    outline = drawn(41, 41, 16, 10)
    coverage = check("coverage_share", proposal={"footprint": outline})
    assert coverage["measured"] == 53.33
    assert coverage["evidence"]["type"] == "Polygon"


def test_without_a_footprint_coverage_cannot_be_told_and_the_footprint_is_what_is_missing():
    r1_plot()
    coverage = check("coverage_share", proposal={"footprint_area_m2": None})
    assert coverage["answer"] == "cannot_tell"
    assert "footprint" in coverage["missing"][0]["en"]


@pytest.mark.parametrize(
    ("code", "field", "allowed", "refused"),
    [
        ("storeys", "floors", 3, 4),
        ("height_m", "height_m", 12, 12.1),
        ("green_share", "green_area_m2", 90, 89.9),
    ],
)
def test_a_limit_is_met_exactly_and_broken_just_beyond(code, field, allowed, refused):
    r1_plot()
    assert check(code, proposal={field: allowed})["answer"] == "complies"
    assert check(code, proposal={field: refused})["answer"] == "fails"


def test_450_m2_of_floor_on_300_m2_are_the_far_of_r1_and_451_exceed_it():
    r1_plot()
    house = {"class": "dwelling_single", "dwellings": 1}
    at_limit = check("far", proposal={"uses": [{**house, "floor_area_m2": 450}]})
    beyond = check("far", proposal={"uses": [{**house, "floor_area_m2": 451}]})
    assert (at_limit["answer"], at_limit["measured"]) == ("complies", 1.5)
    assert beyond["answer"] == "fails"


def test_one_use_without_a_floor_area_leaves_the_far_open():
    r1_plot()
    uses = [{"class": "dwelling_single", "floor_area_m2": 100}, {"class": "home_business"}]
    assert check("far", proposal={"uses": uses})["answer"] == "cannot_tell"


def test_a_plot_of_299_m2_is_too_small_for_r1():
    r1_plot(legal_area_m2=299)
    plot = check("plot_min_m2")
    assert (plot["answer"], plot["margin"]) == ("fails", -1)


def test_a_demo_value_that_is_broken_warns_and_does_not_block():
    r1_plot()
    distances_in_force()
    nothing_reserved(square(0, 0, 100))
    flooded(square(0, 0, 100), "H1", square(90, 90, 5), 0.3)
    low_green = {"footprint": drawn(45, 45, 10, 5), "footprint_area_m2": 50, "green_area_m2": 10}
    checked = check_application(application(proposal=low_green))
    green = check_of(checked.results, "green_share")
    assert (green["answer"], green["may_block"]) == ("fails", False)
    assert checked.outcome == Outcome.WARNINGS


def test_a_sound_house_on_a_known_plot_is_compliant():
    r1_plot()
    distances_in_force()
    nothing_reserved(square(0, 0, 100))
    flooded(square(0, 0, 100), "H1", square(90, 90, 5), 0.3)
    house = {"footprint": drawn(45, 45, 10, 5), "footprint_area_m2": 50}
    checked = check_application(application(proposal=house))
    answers = {row["code"]: row["answer"] for row in checked.results["checks"]}
    assert checked.outcome == Outcome.COMPLIANT, answers
    assert set(answers.values()) == {"complies", "not_applicable"}


def test_the_title_governs_the_plot_area_and_the_answer_says_so():
    r1_plot(legal_area_m2=310)
    coverage = check("coverage_share", proposal={"footprint_area_m2": 155})
    assert coverage["answer"] == "complies"
    assert "title" in coverage["explanation"]["en"]


def test_without_a_title_the_map_gives_the_plot_area_and_the_answer_says_so():
    r1_plot(legal_area_m2=None)
    coverage = check("coverage_share", proposal={"footprint_area_m2": 150})
    assert coverage["answer"] == "complies"
    assert "no title area" in coverage["explanation"]["en"]


def test_title_and_map_that_contradict_each_other_over_the_limit_leave_coverage_open():
    r1_plot(legal_area_m2=330)  # the map says 300: 160 m2 are 48.5 % or 53.3 %
    coverage = check("coverage_share")
    assert coverage["answer"] == "cannot_tell"
    assert "330" in coverage["missing"][0]["en"]
    assert "300" in coverage["missing"][0]["en"]


def test_title_and_map_that_contradict_each_other_below_the_limit_change_nothing():
    r1_plot(legal_area_m2=330)
    coverage = check("coverage_share", proposal={"footprint_area_m2": 140})
    assert coverage["answer"] == "complies"  # 42.4 % or 46.7 %


def test_title_and_map_within_5_percent_take_the_title():
    r1_plot(legal_area_m2=315)  # 300 / 315 is 4.8 % off: 156 m2 are 49.5 % of the title
    assert check("coverage_share", proposal={"footprint_area_m2": 156})["answer"] == "complies"


def split_plot(left="R1", right="RM", x=50):
    """Plot P-1 of 20 m x 15 m at x = 40, cut by a zone border at x."""
    zoned(
        ("Z-1", left, rectangle(0, 0, x, 100)),
        ("Z-2", right, rectangle(x, 0, 100 - x, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)],
    )


def test_on_a_plot_in_two_zones_the_stricter_coverage_applies_and_both_are_listed():
    split_plot("R1", "RM")  # 50 % and 60 %
    result = check_application(application()).results
    coverage = check_of(result, "coverage_share")
    zones = check_of(result, "zones")["explanation"]["en"]
    assert (coverage["zone"], coverage["required"]) == ("R1", 50)
    assert "R1, RM" in coverage["explanation"]["en"]
    assert "R1" in zones
    assert "RM" in zones
    assert "150 m² (50 %)" in zones


def test_a_stricter_demo_value_never_hides_the_limit_that_may_block():
    split_plot("R1", "T1")  # T1: 25 % as a foreign reference, R1: 50 % as reported law
    results = check_application(application()).results["checks"]
    rows = [row for row in results if row["code"] == "coverage_share"]
    assert [(row["zone"], row["may_block"]) for row in rows] == [("T1", False), ("R1", True)]
    assert {row["answer"] for row in rows} == {"fails"}


def test_a_zone_that_covers_less_than_half_a_percent_of_the_plot_rules_nothing():
    split_plot("RM", "R1", x=59.95)  # 0.05 m x 15 m = 0.75 m2 of R1
    coverage = check("coverage_share")
    assert (coverage["zone"], coverage["required"], coverage["answer"]) == ("RM", 60, "complies")


def test_a_zone_that_covers_two_percent_of_the_plot_rules_it():
    split_plot("RM", "R1", x=59.6)  # 0.4 m x 15 m = 6 m2
    assert check("coverage_share")["zone"] == "R1"


def test_ground_outside_every_zone_leaves_the_plot_undetermined():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 50, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)],
    )
    zones = check("zones")
    assert zones["answer"] == "cannot_tell"
    assert "150" in zones["missing"][0]["en"]
    assert zones["evidence"]["type"] == "Polygon"


def test_without_a_plan_in_force_no_limit_is_taken_as_absent():
    zoned(
        ("Z-1", "R1", square(0, 0, 100)),
        parcels=[parcel("P-1", rectangle(40, 40, 20, 15), 300.0)],
        adopt=False,
    )
    checked = check_application(application())
    for code in ("zones", "coverage_share", "far", "use:dwelling_single"):
        assert check_of(checked.results, code)["answer"] == "cannot_tell"
    assert checked.outcome == Outcome.UNDETERMINED


def test_a_submission_before_the_plan_came_into_force_finds_no_plan():
    r1_plot()
    assert check("zones", submitted_on="2025-12-31")["answer"] == "cannot_tell"
    assert check("zones", submitted_on="2026-01-01")["answer"] == "complies"


def test_a_limit_for_one_use_does_not_bind_another():
    r1_plot()
    row = Regulation.objects.get(
        group__zone_class__code="R1", parameter=Parameter.COVERAGE, bound="max"
    )
    row.applies_to = row.group.use_rules.get(use_class__code="clinic").use_class
    row.save()
    assert check("coverage_share")["answer"] == "not_applicable"


def test_two_plots_together_are_one_site():
    zoned(
        ("Z-1", "R1", square(0, 0, 100)),
        parcels=[
            parcel("P-1", rectangle(40, 40, 20, 15), 300.0),
            parcel("P-2", rectangle(60, 40, 20, 15), 300.0),
        ],
    )
    coverage = check("coverage_share", parcels=["P-1", "P-2"])
    assert coverage["measured"] == 26.67  # 160 / 600


def test_density_binds_a_land_development_and_not_a_single_plot():
    r1_plot()
    assert check("dwellings_per_ha")["answer"] == "not_applicable"
    density = check("dwellings_per_ha", permit_type="LDL")
    assert density["measured"] == 33.33  # one dwelling on 0.03 ha
    assert density["answer"] == "fails"


def test_nothing_is_stored_by_a_check():
    r1_plot()
    check_application(application())
    assert not ComplianceRun.objects.exists()
