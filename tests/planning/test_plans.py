import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils.translation import override

from layers.classes import load_classes, read_table
from layers.errors import UserFacingError
from layers.models import LandUseClass, Layer
from layers.vocab import Basis
from planning.instruments import instrument_named, load_instruments, year_of
from planning.models import (
    AreaBalance,
    LandReservation,
    LegalInstrument,
    Plan,
    PlanVersion,
    Regulation,
    RegulationGroup,
    UseRule,
)
from planning.plans import Adoption, adopt_plan, plan_versions_in_force
from planning.vocab import OnFail, Parameter, Permission, PlanStatus
from planning.zoning_code import permission_of, regulation_records
from tests.factories import feature, filled_layer, square
from tests.planning.city import IN_FORCE, r1_plot, zoned

LATER = date(2027, 1, 1)


def adoption(**changed):
    return Adoption(**{"code": "demo-lup", "in_force_from": IN_FORCE, **changed})


@pytest.mark.django_db
def test_42_of_2000_and_42_of_2015_are_two_instruments():
    load_instruments()
    air = LegalInstrument.objects.get(number__startswith="42 ", year=2000)
    town = LegalInstrument.objects.get(number__startswith="42 ", year=2015)
    assert (air.key, town.key) == ("SD42-2000", "SD42-2015")


@pytest.mark.django_db
def test_a_bare_number_never_names_an_instrument_and_both_bearing_it_are_listed():
    load_instruments()
    with pytest.raises(UserFacingError) as error:
        instrument_named("42")
    assert "SD42-2000" in str(error.value)
    assert "SD42-2015" in str(error.value)


@pytest.mark.django_db
def test_loading_the_instruments_again_adds_none_and_keeps_what_a_city_edited():
    assert load_instruments() == len(read_table("legal_instruments"))
    LegalInstrument.objects.filter(key="SD42-2015").update(title_km="អនុក្រឹត្យ")
    assert load_instruments() == 0
    assert instrument_named("SD42-2015").title_km == "អនុក្រឹត្យ"


@pytest.mark.django_db
def test_the_same_number_and_year_of_one_kind_cannot_be_entered_twice():
    load_instruments()
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalInstrument.objects.create(
            key="again", title_en="x", kind="subdecree", number="42 ANK.BK", year=2015,
            status="in_force", verified="gk",
        )  # fmt: skip


@pytest.mark.parametrize(
    ("dated", "year"),
    [("2015-04-03", 2015), ("2014 (year gk)", 2014), ("2005/2006", 2005), ("", None)],
)
def test_the_year_is_read_from_dates_as_they_are_known(dated, year):
    assert year_of(dated) == year


def records(code):
    row = next(row for row in read_table("zone_classes") if row["code"] == code)
    bases = {(r["zone"], r["parameter"]): r for r in read_table("zone_value_basis")}
    return {(r.parameter, r.bound): r for r in regulation_records(row, bases)}


def test_half_the_plot_in_r1_is_the_sub_decree_as_reported():
    coverage = records("R1")[Parameter.COVERAGE, "max"]
    assert (coverage.value, coverage.basis, coverage.source) == (
        Decimal("0.5"), Basis.PRESS_REPORT, "S02",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "parameter", "value"),
    [("R1", Parameter.STOREYS, 3), ("R2", Parameter.HEIGHT, 12), ("R3", Parameter.STOREYS, 10)],
)
def test_ground_to_2nd_floor_is_3_storeys_and_below_the_11th_is_10(zone, parameter, value):
    record = records(zone)[parameter, "max"]
    assert (record.value, record.basis) == (value, Basis.PRESS_REPORT)


@pytest.mark.parametrize(
    ("zone", "parameter"),
    [("R1", Parameter.HEIGHT), ("R2", Parameter.COVERAGE), ("R3", Parameter.GREEN),
     ("R4", Parameter.STOREYS), ("GC", Parameter.COVERAGE)],
)  # fmt: skip
def test_a_value_no_source_states_is_a_demo_value(zone, parameter):
    found = [r for (p, bound), r in records(zone).items() if p == parameter and r.source != "S02"]
    assert [record.basis for record in found] == [Basis.DEMO_VALUE]


def test_a_vietnamese_value_is_a_foreign_reference():
    assert records("PE")[Parameter.GREEN, "min"].basis == Basis.FOREIGN_REFERENCE


def test_where_nothing_may_be_built_zero_is_a_limit():
    assert records("GC")[Parameter.COVERAGE, "max"].value == 0
    assert records("CN")[Parameter.STOREYS, "max"].value == 0


def test_a_minimum_or_a_density_of_zero_states_nothing():
    assert (Parameter.PLOT_AREA, "min") not in records("HR")
    assert (Parameter.DENSITY, "max") not in records("T2")  # its use table allows apartments
    assert (Parameter.GREEN, "min") not in records("TR")


def test_a_side_setback_of_zero_is_stated_where_houses_are_linked():
    assert records("R2")[Parameter.SETBACK_SIDE, "min"].value == 0
    assert (Parameter.SETBACK_SIDE, "min") not in records("GC")


def test_that_high_rise_is_high_describes_the_class_and_only_warns():
    assert records("R4")[Parameter.STOREYS, "min"].basis == Basis.GENERAL_KNOWLEDGE


def test_a_zone_without_a_column_prohibits_except_by_the_ministry():
    permission, provision = permission_of({"R1": "P"}, "WA")
    assert permission == Permission.PROHIBITED
    assert "ministry" in provision
    assert permission_of({"R1": "C"}, "R1")[0] == Permission.CONDITIONAL


@pytest.mark.django_db
def test_an_adopted_plan_regulates_every_zone_class_and_every_use_in_it():
    r1_plot()
    zones, uses = len(read_table("zone_classes")), len(read_table("use_zone_matrix"))
    assert RegulationGroup.objects.count() == zones
    assert UseRule.objects.count() == zones * uses
    assert set(UseRule.objects.values_list("basis", flat=True)) == {Basis.DEMO_VALUE}


@pytest.mark.django_db
def test_only_law_and_plan_provisions_block():
    r1_plot()
    rows = Regulation.objects.filter(group__zone_class__code="R1")
    blocking = {row.parameter for row in rows if row.on_fail == OnFail.BLOCK}
    assert blocking == {Parameter.COVERAGE, Parameter.STOREYS}


@pytest.mark.django_db
def test_a_plan_is_in_force_from_its_first_day():
    r1_plot()
    assert not plan_versions_in_force(date(2025, 12, 31)).exists()
    assert plan_versions_in_force(IN_FORCE).count() == 1


@pytest.mark.django_db
def test_adopting_the_same_again_changes_nothing():
    r1_plot()
    version, is_new = adopt_plan(adoption())
    assert (is_new, version.number, PlanVersion.objects.count()) == (False, 1, 1)


@pytest.mark.django_db
def test_a_new_version_ends_the_one_before_on_its_first_day():
    r1_plot()
    new, is_new = adopt_plan(adoption(in_force_from=LATER, instrument="SD42-2015"))
    old = PlanVersion.objects.get(number=1)
    assert is_new
    assert (old.status, old.in_force_to) == (PlanStatus.SUPERSEDED, LATER)
    assert plan_versions_in_force(date(2026, 12, 31)).get() == old
    assert plan_versions_in_force(LATER).get() == new
    assert new.instrument.key == "SD42-2015"


@pytest.mark.django_db
def test_a_version_cannot_begin_before_the_one_in_force():
    r1_plot()
    filled_layer("zones", feature("Z-2", square(0, 0, 50), "R2"))
    with pytest.raises(UserFacingError, match="cannot begin"):
        adopt_plan(adoption())
    assert PlanVersion.objects.count() == 1


@pytest.mark.django_db
def test_the_database_refuses_two_versions_in_force_on_one_day():
    r1_plot()
    first = PlanVersion.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.create(
            plan=first.plan, number=2, status=PlanStatus.IN_FORCE, zoning=first.zoning,
            in_force_from=LATER,
        )  # fmt: skip


@pytest.mark.django_db
def test_the_database_refuses_a_version_in_force_without_a_first_day_or_zoning():
    plan = Plan.objects.create(code="p", level="LUP", title_en="p")
    with pytest.raises(IntegrityError), transaction.atomic():
        PlanVersion.objects.create(plan=plan, number=1, status=PlanStatus.IN_FORCE)


@pytest.mark.django_db
def test_the_database_refuses_a_share_above_one_and_a_negative_limit():
    r1_plot()
    row = Regulation.objects.filter(parameter=Parameter.COVERAGE)
    for value in (Decimal("1.1"), Decimal("-0.1")):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.update(value=value)


@pytest.mark.django_db
def test_the_database_refuses_a_balance_that_does_not_close():
    load_classes()
    reservation = LandReservation.objects.create(
        reference="R", purpose_en="School", feature_stable_id="R",
        purpose_class=LandUseClass.objects.get(code="school"),
    )  # fmt: skip
    areas = {"parcelled_area_m2": 60, "overlapping_area_m2": 5, "unparcelled_area_m2": 45}
    with pytest.raises(IntegrityError), transaction.atomic():
        AreaBalance.objects.create(reservation=reservation, reserved_area_m2=101, **areas)
    AreaBalance.objects.create(reservation=reservation, reserved_area_m2=100, **areas)


@pytest.mark.django_db
def test_an_adopted_reservation_names_its_decision():
    load_classes()
    with pytest.raises(IntegrityError), transaction.atomic():
        LandReservation.objects.create(
            reference="R", purpose_en="School", feature_stable_id="R", status="adopted",
            purpose_class=LandUseClass.objects.get(code="school"),
        )  # fmt: skip


@pytest.mark.django_db
def test_zones_of_a_class_the_code_does_not_regulate_are_named():
    with pytest.raises(UserFacingError, match="landfill"):
        zoned(("Z-1", "landfill", square(0, 0, 50)))
    assert not Plan.objects.exists()


@pytest.mark.django_db
def test_a_layer_without_zones_cannot_be_put_in_force():
    load_classes()
    Layer.objects.create(slug="zones", geometry_kind="polygon")
    with pytest.raises(UserFacingError, match="no published version"):
        adopt_plan(adoption())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "sentence"),
    [({"zones": "nowhere"}, "no layer 'nowhere'"), ({"level": "XX"}, "no plan level 'XX'"),
     ({"instrument": "42"}, "does not name one")],
)  # fmt: skip
def test_what_does_not_exist_is_named_and_nothing_is_adopted(changed, sentence):
    zoned(("Z-1", "R1", square(0, 0, 50)), adopt=False)
    with override("en"), pytest.raises(UserFacingError, match=sentence):
        adopt_plan(adoption(**changed))
    assert not Plan.objects.exists()


@pytest.mark.django_db
def test_the_command_adopts_and_lists(capsys):
    zoned(("Z-1", "R1", square(0, 0, 50)), adopt=False)
    call_command("plan", "adopt", "--plan", "demo-lup", "--from", "2026-01-01")
    call_command("plan", "--json", "list")
    adopted, listed = capsys.readouterr().out.strip().splitlines()
    assert "in force from 2026-01-01 over zones v1" in adopted
    [row] = json.loads(listed)["plans"]
    assert (row["plan"], row["number"], row["status"]) == ("demo-lup", 1, "in_force")
    assert "without legal force" in row["instrument_note"]


@pytest.mark.django_db
def test_a_day_that_is_none_ends_with_code_2(capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("plan", "adopt", "--plan", "p", "--from", "1 January")
    assert ended.value.code == 2
    assert "'1 January' is not a day" in capsys.readouterr().err


@pytest.mark.django_db
def test_without_plans_the_list_says_how_to_begin(capsys):
    call_command("plan", "list")
    assert "plan adopt" in capsys.readouterr().out
