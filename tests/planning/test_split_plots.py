"""Plots under several zones, plans and titles: the strictest holds, and the law is never hidden."""

from datetime import date

import pytest

from layers.vocab import Basis
from planning.permits.run import check_application
from planning.plans import Adoption, adopt_plan
from planning.vocab import Outcome, Parameter, Permission
from tests.factories import feature, filled_layer, rectangle, square
from tests.planning.city import (
    application,
    check_of,
    drawn,
    limits_of,
    parcel,
    r1_plot,
    use_rules_of,
    zoned,
)

pytestmark = pytest.mark.django_db
CITY = square(0, 0, 100)
PLOT = rectangle(40, 40, 20, 15)


def results(**changed):
    return check_application(application(**changed)).results


def rows(code, **changed):
    return [row for row in results(**changed)["checks"] if row["code"] == code]


def split(left, right, at=50):
    zoned(
        ("Z-1", left, rectangle(0, 0, at, 100)),
        ("Z-2", right, rectangle(at, 0, 100 - at, 100)),
        parcels=[parcel("P-1", PLOT, 300.0)],
    )


@pytest.mark.parametrize(
    ("code", "zone", "required"),
    [
        ("coverage_share", "R1", 50), ("far", "R1", 1.5), ("height_m", "R1", 12),
        ("storeys", "R1", 3), ("green_share", "R1", 30), ("plot_min_m2", "R3", 500),
        ("frontage_min_m", "R3", 15),
    ],
)  # fmt: skip
def test_each_parameter_takes_its_own_strictest_zone(code, zone, required):
    split("R1", "R3")
    [row] = rows(code)
    assert (row["zone"], row["required"]) == (zone, required)


def test_the_strictest_does_not_depend_on_which_zone_is_larger():
    split("R1", "R3", at=42)  # 30 m2 of R1, 270 m2 of R3
    assert rows("coverage_share")[0]["required"] == 50


def test_a_storey_limit_of_the_law_stands_beside_a_stricter_demo_limit():
    split("R3", "HR")  # R3: 10 storeys as reported law; HR: 2 as a demo value
    found = rows("storeys", proposal={"floors": 11})
    assert [(r["zone"], r["may_block"], r["answer"]) for r in found] == [
        ("HR", False, "fails"),
        ("R3", True, "fails"),
    ]


@pytest.mark.parametrize(("floors", "outcome_blocks"), [(10, False), (11, True)])
def test_the_law_decides_the_outcome_and_the_demo_limit_does_not(floors, outcome_blocks):
    split("R3", "HR")
    checked = check_application(application(proposal={"floors": floors}))
    assert (checked.outcome == Outcome.NOT_COMPLIANT) is outcome_blocks


@pytest.mark.parametrize("strips", [1, 210])
def test_a_zone_of_many_slivers_rules_like_one_piece(strips):
    width = 10 / strips  # 150 m2 of R1 in all, in strips of less than 1 m2 each if there are 210
    zones = [(f"Z-{n}", "R1", rectangle(40 + n * width, 0, width, 100)) for n in range(strips)]
    zoned(
        *zones,
        ("Z-rest", "RM", rectangle(50, 0, 50, 100)),
        parcels=[parcel("P-1", PLOT, 300.0)],
    )
    [row] = rows("coverage_share")
    assert (row["zone"], row["answer"]) == ("R1", "fails")


def test_a_plot_that_only_slivers_touch_is_ruled_by_no_zone():
    zoned(
        ("Z-1", "R1", rectangle(0, 0, 40.01, 100)),  # 0.15 m2 of the plot
        parcels=[parcel("P-1", PLOT, 300.0)],
    )
    found = results()
    assert check_of(found, "zones")["answer"] == "cannot_tell"
    assert check_of(found, "coverage_share")["answer"] == "cannot_tell"
    assert found["outcome"] == Outcome.UNDETERMINED


def test_a_plot_smaller_than_any_sliver_is_not_cleared():
    zoned(("Z-1", "R1", CITY), parcels=[parcel("P-1", rectangle(40, 40, 0.5, 0.5), 0.25)])
    found = results(proposal={"footprint_area_m2": None, "green_area_m2": 0.1})
    assert check_of(found, "zones")["answer"] == "cannot_tell"
    assert found["outcome"] == Outcome.UNDETERMINED


def second_plan(zone_class):
    filled_layer("zones-2", feature("Y-1", CITY, zone_class))
    adopt_plan(Adoption(code="special", in_force_from=date(2026, 1, 1), zones="zones-2"))


def test_of_two_plans_in_force_the_stricter_limit_holds():
    zoned(("Z-1", "RM", CITY), parcels=[parcel("P-1", PLOT, 300.0)])
    assert rows("coverage_share")[0]["answer"] == "complies"  # 53.3 % of 60 %
    second_plan("R1")
    [row] = rows("coverage_share")
    assert (row["zone"], row["answer"], row["required"]) == ("R1", "fails", 50)
    assert len(results()["plans"]) == 2


def test_of_two_plans_in_force_the_stricter_permission_holds():
    zoned(("Z-1", "C1", CITY), parcels=[parcel("P-1", PLOT, 300.0)])
    second_plan("R1")
    uses = [{"class": "market", "floor_area_m2": 100}]
    [row] = rows("use:market", proposal={"uses": uses})
    assert (row["zone"], row["answer"]) == ("R1", "fails")


def rule_use(zone, **changed):
    use_rules_of(zone, "dwelling_single").update(**changed)


def test_a_prohibition_of_the_plan_is_not_hidden_by_one_of_the_demo_table():
    split("R1", "RM")
    rule_use("R1", permission=Permission.PROHIBITED)
    rule_use("RM", permission=Permission.PROHIBITED, basis=Basis.PLAN_PROVISION)
    [row] = rows("use:dwelling_single")
    assert (row["zone"], row["may_block"], row["answer"]) == ("RM", True, "fails")
    assert results()["outcome"] == Outcome.NOT_COMPLIANT


def test_a_committees_decision_is_not_hidden_by_a_demo_prohibition():
    split("R1", "RM")
    rule_use("R1", permission=Permission.PROHIBITED)
    rule_use("RM", permission=Permission.CONDITIONAL, basis=Basis.PLAN_PROVISION)
    found = rows("use:dwelling_single", proposal={"footprint_area_m2": 100})
    assert [(r["answer"], r["may_block"]) for r in found] == [
        ("fails", False),
        ("cannot_tell", True),
    ]
    checked = check_application(application(proposal={"footprint_area_m2": 100}))
    assert checked.outcome == Outcome.UNDETERMINED


@pytest.mark.parametrize(
    ("permission", "answer"),
    [
        (Permission.PERMITTED, "complies"),
        (Permission.LIMITED, "cannot_tell"),
        (Permission.CONDITIONAL, "cannot_tell"),
        (Permission.PROHIBITED, "fails"),
    ],
)
@pytest.mark.parametrize("other", list(Permission))
def test_of_two_permissions_the_stricter_holds_in_either_order(permission, answer, other):
    order = [Permission.PROHIBITED, Permission.CONDITIONAL, Permission.LIMITED]
    split("R1", "RM")
    rule_use("R1", permission=permission)
    rule_use("RM", permission=other)
    [row] = rows("use:dwelling_single")
    strictest = min((permission, other), key=[*order, Permission.PERMITTED].index)
    assert row["zone"] == ("R1" if strictest == permission else "RM") or permission == other
    if strictest == permission:
        assert row["answer"] == answer


def test_a_zone_whose_table_does_not_name_the_use_hides_no_prohibition_beside_it():
    split("R1", "RM")
    rule_use("R1", permission=Permission.PROHIBITED, basis=Basis.PLAN_PROVISION)
    use_rules_of("RM", "dwelling_single").delete()
    found = {row["answer"] for row in rows("use:dwelling_single")}
    assert found == {"fails", "cannot_tell"}
    assert results()["outcome"] == Outcome.NOT_COMPLIANT


def test_setbacks_of_the_plan_are_not_hidden_by_a_larger_demo_setback():
    split("R1", "RM")
    limits_of("RM").filter(parameter__startswith="setback").update(
        value=3, basis=Basis.PLAN_PROVISION
    )
    house = {"footprint": drawn(41, 45, 8, 5), "footprint_area_m2": 40}
    found = rows("setbacks", proposal=house)  # 1 m from the western edge
    assert [(r["may_block"], r["required"], r["answer"]) for r in found] == [
        (False, 5, "fails"),
        (True, 3, "fails"),
    ]


def test_a_front_setback_alone_refuses_no_house_near_an_edge_that_may_be_the_side():
    r1_plot()
    for parameter in (Parameter.SETBACK_SIDE, Parameter.SETBACK_REAR):
        limits_of("R1").filter(parameter=parameter).delete()
    house = {"footprint": drawn(41, 46, 8, 3), "footprint_area_m2": 24}
    [row] = rows("setbacks", proposal=house)
    assert row["answer"] == "cannot_tell"
    far = {"footprint": drawn(45, 45, 10, 5), "footprint_area_m2": 50}
    assert rows("setbacks", proposal=far)[0]["answer"] == "complies"


@pytest.mark.parametrize(
    ("gap", "answer"),
    [(5.0, "complies"), (4.99, "cannot_tell"), (2.0, "cannot_tell"), (1.99, "fails")],
)
def test_setbacks_of_r1_from_the_far_and_the_near_side(gap, answer):
    r1_plot()  # 5 m in front, 2 m at the sides, 3 m behind
    house = {"footprint": drawn(40 + gap, 45, 3, 5), "footprint_area_m2": None}
    [row] = rows("setbacks", proposal=house)
    assert (row["answer"], row["measured"]) == (answer, gap)
