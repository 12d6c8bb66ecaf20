"""The zoning code against the printed tables: each value by hand, each basis by its source."""

from decimal import Decimal

import pytest

from layers.vocab import BLOCKING_BASES, Basis
from planning.models import Regulation, RegulationGroup, UseRule
from planning.vocab import Bound, Parameter, Permission
from planning.zoning_code import permission_of, regulation_records
from tests.planning.street import ZONE_CODES

# class: coverage [%], FAR, height [m], storeys, front, side, rear [m], plot [m2], frontage [m],
# green [%], dwellings per ha; None states nothing. Typed from the printed table, not computed.
CODE = {
    "R1": (50, 1.5, 12, 3, 5, 2, 3, 300, 12, 30, 25),
    "R2": (75, 2.5, 12, 4, 3, 0, 2, 64, 4, 10, 80),
    "R3": (60, 5, 38, 10, 6, 4, 4, 500, 15, 20, 220),
    "R4": (45, 8, 120, 35, 10, 8, 8, 1500, 25, 30, 600),
    "RM": (60, 3, 21, 6, 4, 2, 3, 120, 5, 15, 120),
    "RA": (65, 2.5, 15, 4, 3, 1, 2, 60, 4, 15, 140),
    "C1": (70, 3, 18, 5, 3, 0, 3, 100, 5, 10, 60),
    "C2": (60, 9, 150, 40, 6, 6, 6, 800, 20, 15, 250),
    "MX": (60, 6, 60, 17, 5, 4, 4, 300, 10, 15, 250),
    "I1": (60, 1.8, 20, 4, 10, 6, 6, 2000, 30, 20, None),
    "I2": (50, 1.2, 30, 3, 20, 15, 15, 10000, 60, 20, None),
    "LG": (60, 1.5, 18, 3, 12, 6, 6, 3000, 40, 15, None),
    "PT": (60, 1.5, 45, 5, 10, 5, 5, 5000, None, 5, None),
    "T1": (25, 0.7, 12, 3, 10, 5, 10, 2000, 30, 50, 15),
    "T2": (45, 5, 75, 20, 8, 6, 6, 1500, 25, 25, None),
    "PA": (40, 2, 25, 6, 6, 5, 5, 1000, 20, 30, None),
    "PE": (40, 1.6, 16, 4, 6, 5, 5, 2000, 30, 30, None),
    "PH": (40, 2, 28, 7, 6, 6, 6, 1000, 20, 30, None),
    "HR": (30, 0.5, 18, 2, 10, 8, 8, None, None, 40, None),
    "GP": (5, 0.05, 8, 1, 5, 5, 5, None, None, 80, None),
    "GC": (0, 0, 0, 0, None, None, None, None, None, 95, None),
    "CN": (0, 0, 0, 0, None, None, None, None, None, 100, None),
    "MG": (0, 0, 0, 0, None, None, None, None, None, 100, None),
    "WA": (0, 0, 0, 0, None, None, None, None, None, None, None),
    "AG": (10, 0.15, 10, 2, 10, 5, 5, 1000, 15, None, 5),
    "FR": (0, 0, 0, 0, None, None, None, None, None, 100, None),
    "UT": (50, 1, 25, 3, 10, 10, 10, 500, None, 20, None),
    "TR": (0, 0, 0, 0, None, None, None, None, None, None, None),
    "AP": (30, 0.8, 45, 4, 15, 10, 10, None, None, 20, None),
    "ML": (40, 1, 20, 4, 10, 10, 10, None, None, 20, None),
    "CE": (10, 0.1, 12, 1, 10, 10, 10, None, None, 50, None),
    "UR": (0, 0, 0, 0, None, None, None, None, None, None, None),
}
ORDER = (
    Parameter.COVERAGE, Parameter.FLOOR_AREA_RATIO, Parameter.HEIGHT, Parameter.STOREYS,
    Parameter.SETBACK_FRONT, Parameter.SETBACK_SIDE, Parameter.SETBACK_REAR, Parameter.PLOT_AREA,
    Parameter.FRONTAGE, Parameter.GREEN, Parameter.DENSITY,
)  # fmt: skip
# What Sub-decree 42/2015 says as the press reports it: only these four may block.
REPORTED_LAW = {
    ("R1", Parameter.COVERAGE), ("R1", Parameter.STOREYS),
    ("R2", Parameter.HEIGHT), ("R3", Parameter.STOREYS),
}  # fmt: skip
VIETNAMESE = {
    ("I1", Parameter.GREEN), ("T1", Parameter.COVERAGE), ("PA", Parameter.COVERAGE),
    ("PE", Parameter.COVERAGE), ("PE", Parameter.GREEN), ("PH", Parameter.COVERAGE),
    ("PH", Parameter.GREEN), ("GP", Parameter.COVERAGE),
}  # fmt: skip


@pytest.fixture
def records(printed):
    bases = {(row["zone"], row["parameter"]): row for row in printed("zone_value_basis")}
    rows = {row["code"]: row for row in printed("zone_classes")}

    def of(zone):
        return list(regulation_records(rows[zone], bases))

    return of


def test_the_street_has_every_zone_class_of_the_printed_table(printed):
    assert {row["code"] for row in printed("zone_classes")} == set(ZONE_CODES) == set(CODE)


@pytest.mark.parametrize("zone", ZONE_CODES)
def test_each_class_states_what_the_table_prints_and_nothing_else(records, zone):
    stated = {r.parameter: r.value for r in records(zone) if r.basis != Basis.GENERAL_KNOWLEDGE}
    expected = {
        parameter: Decimal(str(value)) / (100 if parameter.value.endswith("share") else 1)
        for parameter, value in zip(ORDER, CODE[zone], strict=True)
        if value is not None
    }
    assert stated == expected


@pytest.mark.parametrize("zone", ZONE_CODES)
def test_each_value_is_law_as_reported_foreign_or_demo_and_none_is_more(records, zone):
    for record in records(zone):
        if record.basis == Basis.GENERAL_KNOWLEDGE:
            assert (zone, record.bound) == ("R4", Bound.MIN)
            continue
        key = (zone, record.parameter)
        expected = Basis.DEMO_VALUE
        if key in REPORTED_LAW:
            expected = Basis.PRESS_REPORT
        elif key in VIETNAMESE:
            expected = Basis.FOREIGN_REFERENCE
        assert record.basis == expected, key
        assert record.provision
        assert record.source


@pytest.mark.parametrize("zone", ZONE_CODES)
def test_maxima_are_upper_and_minima_lower_bounds(records, zone):
    minima = {
        Parameter.SETBACK_FRONT, Parameter.SETBACK_SIDE, Parameter.SETBACK_REAR,
        Parameter.PLOT_AREA, Parameter.FRONTAGE, Parameter.GREEN,
    }  # fmt: skip
    for record in records(zone):
        if record.basis == Basis.GENERAL_KNOWLEDGE:
            continue
        assert record.bound == (Bound.MIN if record.parameter in minima else Bound.MAX)


def test_no_class_is_regulated_by_benchmark_or_by_law_nobody_has_read(records):
    bases = {record.basis for zone in ZONE_CODES for record in records(zone)}
    assert bases == {
        Basis.PRESS_REPORT, Basis.FOREIGN_REFERENCE, Basis.GENERAL_KNOWLEDGE, Basis.DEMO_VALUE,
    }  # fmt: skip


def test_high_rise_says_twelve_storeys_at_least_and_that_warns_only(records):
    [low] = [r for r in records("R4") if r.bound == Bound.MIN and r.parameter == Parameter.STOREYS]
    assert (low.value, low.basis in BLOCKING_BASES) == (12, False)


LETTERS = {
    "P": Permission.PERMITTED, "C": Permission.CONDITIONAL, "X": Permission.PROHIBITED,
}  # fmt: skip
NO_COLUMN = ("WA", "FR", "TR", "AP", "ML")


def test_every_cell_of_the_use_table_is_read_as_its_letter(printed):
    cells = 0
    for use in printed("use_zone_matrix"):
        for zone in ZONE_CODES:
            permission, provision = permission_of(use, zone)
            if zone in NO_COLUMN:
                assert permission == Permission.PROHIBITED
                assert "ministry" in provision
                continue
            assert permission == LETTERS[use[zone]], (use["use_code"], zone)
            assert f"class {zone}" in provision
            cells += 1
    assert cells == len(printed("use_zone_matrix")) * 27


@pytest.mark.parametrize(
    ("use", "zone", "permission"),
    [
        ("dwelling_single", "R1", Permission.PERMITTED),
        ("dwelling_single", "R4", Permission.PROHIBITED),
        ("apartment_high", "R3", Permission.PERMITTED),
        ("apartment_high", "R1", Permission.PROHIBITED),
        ("karaoke_club", "MX", Permission.CONDITIONAL),
        ("casino", "C1", Permission.PROHIBITED),
        ("school_primary", "R1", Permission.PERMITTED),
        ("school_primary", "C2", Permission.PROHIBITED),
        ("hospital", "PH", Permission.PERMITTED),
        ("hospital", "RA", Permission.PROHIBITED),
        ("landfill", "UT", Permission.PERMITTED),
        ("landfill", "AG", Permission.CONDITIONAL),
        ("landfill", "I2", Permission.PROHIBITED),
        ("crematorium", "CE", Permission.PERMITTED),
        ("fuel_station", "R1", Permission.PROHIBITED),
        ("park", "CN", Permission.CONDITIONAL),
        ("farming", "UR", Permission.PERMITTED),
    ],
)
def test_these_cells_were_read_on_paper(printed, use, zone, permission):
    [row] = [row for row in printed("use_zone_matrix") if row["use_code"] == use]
    assert permission_of(row, zone)[0] == permission


def test_an_adopted_plan_holds_exactly_the_printed_code(street, printed):
    groups = RegulationGroup.objects.select_related("zone_class")
    assert {group.zone_class.code for group in groups} == set(ZONE_CODES)
    stated = sum(value is not None for row in CODE.values() for value in row) + 1  # R4's lower one
    assert Regulation.objects.count() == stated
    assert UseRule.objects.count() == len(ZONE_CODES) * len(printed("use_zone_matrix"))


def test_each_class_points_to_a_parking_standard_that_is_printed(street, printed):
    known = {row["key"] for row in printed("parking_rules")}
    for group in RegulationGroup.objects.select_related("zone_class"):
        if group.parking_key:
            assert group.parking_key in known, group
        else:
            assert group.zone_class.code in {"GC", "CN", "MG", "WA", "FR", "TR", "UR"}


def test_no_use_rule_blocks_because_the_use_table_is_a_demo(street):
    assert set(UseRule.objects.values_list("basis", flat=True)) == {"demo_value"}
    assert not UseRule.objects.filter(permission=Permission.LIMITED).exists()
