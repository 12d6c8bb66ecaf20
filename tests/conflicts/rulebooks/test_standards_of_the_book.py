"""The book's standards, surfaces and networks say what the reference tables say, and no more."""

from pathlib import Path

import pytest
from django.conf import settings

from conflicts.airport_rules import ObstacleLimitation
from conflicts.network_rules import NetworkCoordination
from conflicts.rulebook_file import read_rulebook
from conflicts.rulebooks.printing import asked_of
from conflicts.standard_rules import StandardViolation
from layers.classes import read_table

BOOK = read_rulebook(Path(settings.BASE_DIR) / "fixtures" / "rulebook" / "krong-demo.yaml")
RULES = {rule.code: rule for rule in BOOK.rules}
STANDARDS = [rule for rule in BOOK.rules if isinstance(rule, StandardViolation)]
COLUMNS = {"coverage": "bcr_max_pct", "storeys": "storeys_max", "height_m": "height_max_m",
           "green_area_m2": "green_min_pct"}  # fmt: skip
PARAMETERS = {"coverage": "coverage_share", "storeys": "storeys", "height_m": "height_m",
              "green_area_m2": "green_share"}  # fmt: skip
ZONES = {row["code"]: row for row in read_table("zone_classes")}
SOURCED = {(row["zone"], row["parameter"]): row for row in read_table("zone_value_basis")}


def zone_limits():
    """Each value a rule asks for in a zone: rule, zone, what is measured, value."""
    for rule in STANDARDS:
        for limit in rule.limits if rule.zone else ():
            for zone in limit.classes or rule.zone.classes:
                yield rule, zone, rule.attribute or str(rule.measure), limit.value


def test_every_value_asked_in_a_zone_is_that_of_the_zoning_code():
    asked = list(zone_limits())

    assert len(asked) > 30
    for rule, zone, measured, value in asked:
        assert value == float(ZONES[zone][COLUMNS[measured]]), (rule.code, zone)
        assert rule.bound == ("min" if measured == "green_area_m2" else "max")


def test_a_value_with_a_source_rests_on_it_and_all_others_are_demo_values():
    for rule, zone, measured, _value in zone_limits():
        row = SOURCED.get((zone, PARAMETERS[measured]))
        assert rule.basis == (row["basis"] if row else "demo_value"), (rule.code, zone)
        if row:
            assert rule.provision.source == row["src"]


def test_every_value_of_the_zoning_code_that_has_a_source_is_asked_once():
    asked = [(zone, PARAMETERS[measured]) for _rule, zone, measured, _value in zone_limits()]

    assert set(SOURCED) <= set(asked)
    assert len(asked) == len(set(asked))


@pytest.mark.parametrize(("code", "value", "unit"), [("SV-09", 375, "m2"), ("SV-10", 4, "m")])
def test_what_is_asked_of_a_class_without_a_zone_is_the_one_number_of_its_source(code, value, unit):
    rule = RULES[code]

    assert [limit.value for limit in rule.limits] == [value]
    assert (rule.zone, rule.unit, str(rule.bound)) == (None, unit, "min")
    assert "375" in rule.provision.citation or "4 m" in rule.provision.citation


def test_the_surfaces_over_the_airport_have_the_figures_of_the_table():
    figures = {
        (row["surface"], row["parameter"]): float(row["value"]) for row in read_table("airport_ols")
    }
    [rule] = [rule for rule in BOOK.rules if isinstance(rule, ObstacleLimitation)]
    inner, conical, outer = rule.surfaces
    above = "height above aerodrome elevation"

    assert (inner.to_m, inner.height_m) == (
        figures["inner_horizontal", "radius"], figures["inner_horizontal", above],
    )  # fmt: skip
    assert conical.slope * 100 == pytest.approx(figures["conical", "slope"])
    assert conical.to_m == figures["conical", "outer radius (4000 + 100/0.05)"]
    rise = conical.slope * (conical.to_m - conical.from_m)
    assert rise == pytest.approx(figures["conical", "height above inner horizontal"])
    assert (outer.to_m, outer.height_m) == (
        figures["outer_horizontal", "radius"], figures["outer_horizontal", above],
    )  # fmt: skip
    assert outer.counts_above_m == 30
    sections = [(part.length_m, part.slope * 100) for part in rule.approach.sections]
    assert sections == [
        (figures["approach", "first section length"], figures["approach", "first section slope"]),
        (figures["approach", "second section length"],
         pytest.approx(figures["approach", "second section slope"])),
        (figures["approach", "horizontal section length"], 0),
    ]  # fmt: skip
    assert rule.approach.inner_edge_m == figures["approach", "inner edge width"]
    assert rule.approach.divergence * 100 == figures["approach", "divergence"]
    assert rule.basis == "general_knowledge"


def test_no_network_is_asked_for_within_a_distance_that_no_source_states():
    networks = [rule for rule in BOOK.rules if isinstance(rule, NetworkCoordination)]

    assert {code for rule in networks for code in rule.object.classes} >= {
        "road_district", "water_main", "drain", "power_line",
    }  # fmt: skip
    for rule in networks:
        assert rule.max_distance_m == 0
        assert rule.basis == "demo_value"
        assert "without legal force" in rule.provision.citation


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("SV-01", "parcels – R1 – buildings: coverage at most 50 %."),
        ("SV-08", "at least 20 % I1, 30 % PE PH."),
        ("SV-09", "fuel_station: area at least 375 m2."),
        ("NC-02", "water_main: one touching it."),
        ("OB-01", "below its surfaces, up to 15,248 m away."),
    ],
)
def test_the_printed_book_says_what_each_asks(code, said):
    assert asked_of(RULES[code]).endswith(said)
