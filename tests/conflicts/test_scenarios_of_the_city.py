"""The acceptance scenarios 1, 2 and 5, and what the demonstration rule book must be."""

from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings

from conflicts.airport_rules import ObstacleLimitation
from conflicts.area_rules import Capacity, ServiceCoverage
from conflicts.models import Finding
from conflicts.network_rules import NetworkCoordination
from conflicts.pair_rules import (
    Adjacency,
    Containment,
    HazardExposure,
    PlanVsExisting,
    PlanVsPlan,
    Separation,
)
from conflicts.record_rules import DataQuality
from conflicts.rule_parts import STANDING
from conflicts.rulebook_file import read_rulebook, write_rulebook
from conflicts.rulebooks.versions import load_rulebook
from conflicts.services import detect_conflicts
from conflicts.standard_rules import StandardViolation
from layers.classes import load_classes, read_table
from layers.queries import layer_named
from layers.services import set_surveyed_area
from tests.conflicts.ground import surveyed_layer
from tests.factories import feature, line, rectangle, square

FILE = Path(settings.BASE_DIR) / "fixtures" / "rulebook" / "krong-demo.yaml"
# Groups of the adjacency matrix that zone_classes.csv does not name.
GROUPS = {"PE": "SENS", "PH": "SENS", "I1": "IND_L", "I2": "IND_H", "PT": "PORT", "AP": "AIRP",
          "GP": "GREEN", "GC": "GREEN", "CN": "CONS", "MG": "CONS", "FR": "CONS", "WA": "WATER",
          "HR": "HER", "AG": "AGR"}  # fmt: skip
BITES = {"1": "info", "2": "low", "3": "medium", "4": "high"}
SEVERITIES = {"1": "info", "2": "low", "3": "medium", "4": "high", "5": "critical"}


@pytest.fixture
def demo_book(db):
    load_classes()
    return load_rulebook(FILE).rulebook


def found(book):
    detect_conflicts(rulebook=book)
    findings = Finding.objects.filter(state="open").select_related("current")
    return {(f.rule_code, f.subject_id, f.object_id): f for f in findings}


def test_a_landfill_420_m_from_a_school_and_2600_m_from_a_runway(demo_book):
    surveyed_layer(
        "facilities",
        feature("LANDFILL", square(0, 0, 300), "landfill"),
        feature("SCHOOL", square(720, 0, 80), "school_primary"),
        feature("RUNWAY", rectangle(0, 2900, 2500, 45), "airport"),
    )

    findings = found(demo_book)

    assert {code for code, _, _ in findings} == {"LF-02", "LF-07", "LF-08"}
    school = findings["LF-02", "LANDFILL", "SCHOOL"]
    assert school.severity == "critical"
    assert school.current.measured_value == pytest.approx(420.0)
    assert school.current.required_value == 1000
    runway = findings["LF-07", "LANDFILL", "RUNWAY"]
    assert runway.severity == "critical"
    assert runway.current.measured_value == pytest.approx(2600.0)
    assert runway.current.required_value == 3048
    assert findings["LF-08", "LANDFILL", "RUNWAY"].current.required_value == 8047
    assert not any(finding.may_block for finding in findings.values())


@pytest.mark.parametrize(("distance_m", "codes"), [(180, {"EN-02"}), (201, set()), (200, set())])
def test_a_ktv_180_m_from_a_pagoda_breaks_en_02_and_at_201_m_nothing(demo_book, distance_m, codes):
    surveyed_layer(
        "facilities",
        feature("KTV", square(0, 0, 20), "karaoke_club"),
        feature("PAGODA", square(20 + distance_m, 0, 100), "pagoda"),
    )

    findings = found(demo_book)

    assert {code for code, _, _ in findings} == codes
    for finding in findings.values():
        assert (finding.basis, finding.may_block) == ("press_report", True)


def test_a_hotel_40_m_from_the_sea_lacks_10_m_of_public_beach(demo_book):
    surveyed_layer("coastline", feature("SEA", line((-5000, 0), (5000, 0)), "coast"))
    surveyed_layer("buildings", feature("HOTEL", rectangle(0, 40, 60, 30), "hotel", height_m=12))

    findings = found(demo_book)

    hotel = findings["WA-04", "HOTEL", "SEA"]
    assert hotel.severity == "critical"
    assert hotel.current.measured_value == pytest.approx(40.0)
    assert hotel.current.margin == pytest.approx(-10.0)
    assert {code for code, _, _ in findings} == {"WA-04"}


def test_a_hospital_under_30_cm_of_the_100_year_flood_is_critical_and_a_film_of_rain_is_low(
    demo_book,
):
    surveyed_layer(
        "facilities",
        feature("DEEP", square(0, 0, 50), "hospital"),
        feature("PUDDLE", square(500, 0, 50), "hospital"),
    )
    deep = {"hazard_class": "H2", "depth_min_m": 0.3, "depth_max_m": 0.6}
    puddle = {"hazard_class": "H1", "depth_min_m": 0.01, "depth_max_m": 0.3}
    surveyed_layer(
        "flood-demo",
        feature("1", square(-50, -50, 200), return_period_years=100, **deep),
        feature("2", square(450, -50, 200), return_period_years=100, **puddle),
        theme="hazard-flood",
    )

    severities = {(code, subject): f.severity for (code, subject, _), f in found(demo_book).items()}

    assert severities == {("FZ-01", "DEEP"): "critical", ("FZ-01", "PUDDLE"): "low"}


def test_every_row_of_the_reference_table_is_a_rule_of_the_book():
    rules = {rule.code: rule for rule in read_rulebook(FILE).rules}

    for row in read_table("conflict_rules"):
        rule = rules.pop(row["rule_id"])
        assert rule.severity == SEVERITIES[row["severity"]], rule.code
        if row["mode"] == "min":
            assert isinstance(rule, Separation)
            assert rule.min_distance_m == float(row["distance_m"]), rule.code
        else:
            assert isinstance(rule, HazardExposure)
            assert rule.return_period_years == 100
            assert rule.thresholds[-1].severity == rule.severity
        if rule.subject.classes and row["source"] != "pollution_source":
            assert row["source"] in rule.subject.classes, rule.code
        if rule.object.classes:
            assert row["receptor"] in rule.object.classes, rule.code
    zoning = (Adjacency, PlanVsExisting, Containment, DataQuality, PlanVsPlan, ServiceCoverage,
              Capacity, StandardViolation, NetworkCoordination, ObstacleLimitation)  # fmt: skip
    cells = {row["code"] for row in read_table("table_rules") if row["answer"] == "rule"}
    own = {"OV-01", "OV-02", "OV-03", "OV-04"}
    assert {code for code, rule in rules.items() if not isinstance(rule, zoning)} == own | cells


def test_every_pair_of_the_adjacency_matrix_is_a_rule_of_the_book():
    zones = defaultdict(set)
    for row in read_table("zone_classes"):
        zones[GROUPS.get(row["code"], row["group"])].add(row["code"])
    asked = {}
    for row in read_table("adjacency_matrix"):
        for other, value in row.items():
            known = other != "group" and zones[row["group"]] and zones[other]
            if known and value in BITES:
                asked[frozenset({row["group"], other})] = BITES[value]

    ruled = {}
    for rule in read_rulebook(FILE).rules:
        if isinstance(rule, Adjacency) and rule.verdict == "conflict":
            sides = [
                next(name for name, codes in zones.items() if codes == set(side.classes))
                for side in (rule.subject, rule.object)
            ]
            ruled[frozenset(sides)] = rule.severity
            assert rule.basis == "demo_value", rule.code

    assert ruled == asked
    assert len(ruled) > 10


def test_every_use_has_one_rule_with_exactly_the_zones_that_prohibit_it():
    prohibited = {}
    for row in read_table("use_zone_matrix"):
        use = row.pop("use_code")
        prohibited[use] = {zone for zone, value in row.items() if value == "X"}

    ruled = {}
    for rule in read_rulebook(FILE).rules:
        if isinstance(rule, PlanVsExisting):
            [use] = rule.subject.classes
            ruled[use] = set(rule.object.classes)
            assert rule.basis == "demo_value", rule.code

    assert ruled == prohibited
    assert "R1" in ruled["karaoke_club"]
    assert "R1" not in ruled["school_primary"]


def test_a_ktv_in_a_housing_zone_is_an_existing_nonconforming_use_and_beside_a_hotel_is_not(
    demo_book,
):
    homes, hotels = feature("Z1", square(0, 0, 500), "R1"), feature("Z2", square(500, 0, 500), "T2")
    surveyed_layer("zones", homes, hotels)
    surveyed_layer(
        "facilities",
        feature("HOME", square(100, 100, 20), "karaoke_club"),
        feature("HOTEL", square(700, 100, 20), "karaoke_club"),
    )

    findings = found(demo_book)

    [(_code, use, zone)] = findings
    assert (use, zone) == ("HOME", "Z1")
    [finding] = findings.values()
    assert finding.current.facts["existing_nonconforming"] is True
    assert not finding.may_block


def test_what_may_not_lie_on_reserved_land_has_no_force_of_law_and_names_all_stages():
    rules = {rule.code: rule for rule in read_rulebook(FILE).rules}

    rule = rules["OV-04"]

    assert rule.kind == "reservation_encroachment"
    assert set(rule.subject.lifecycles) == set(STANDING) - {"reserved"}
    assert rule.basis == "demo_value"


def test_what_must_lie_within_the_zones_of_the_use_table_names_all_of_them():
    [first, *_rest] = read_table("use_zone_matrix")
    zones = set(first) - {"use_code", "use_en"}

    rules = [rule for rule in read_rulebook(FILE).rules if isinstance(rule, Containment)]

    assert {rule.code for rule in rules} == {"CT-01", "CT-02"}
    for rule in rules:
        assert set(rule.object.classes) == zones
        assert rule.basis == "demo_value"


def test_a_house_in_the_forest_zone_is_outside_unless_the_ministry_decided_in_writing(demo_book):
    surveyed_layer("zones", feature("W", square(0, 0, 500), "FR"), looked_for=["R1", "AG"])
    surveyed_layer(
        "buildings",
        feature("HUT", square(100, 100, 10), "residential", height_m=4),
        feature("RANGER", square(200, 100, 10), "residential", height_m=4, written_decision="7"),
    )

    detect_conflicts(rulebook=demo_book)
    before = Finding.objects.count()
    set_surveyed_area(
        layer=layer_named("zones"),
        geometry=square(-900, -900, 1800),
        classes=[row["code"] for row in read_table("zone_classes")],
        source="the whole plan",
    )
    findings = found(demo_book)

    assert before == 0  # the plan was not looked through for all zones of the table
    assert set(findings) == {("CT-01", "HUT", "")}
    assert not any(finding.may_block for finding in findings.values())


def test_the_records_of_a_sound_plan_are_in_order_and_two_zones_on_one_place_are_not(demo_book):
    zones = [feature("A", square(0, 0, 200), "R1"), feature("B", square(200, 0, 200), "R2")]
    surveyed_layer("zones", *zones, feature("C", square(380, 0, 200), "R2"))

    findings = {key: f for key, f in found(demo_book).items() if key[0].startswith("DQ")}

    assert set(findings) == {("DQ-03", "B", "C")}
    [finding] = findings.values()
    assert finding.current.measured_value == pytest.approx(20 * 200)
    assert not finding.may_block


def test_heavy_industry_of_the_next_city_20_m_from_homes_and_on_them_is_told(demo_book):
    surveyed_layer("zones", feature("HOMES", square(0, 0, 200), "R2"), theme="plan")
    surveyed_layer(
        "next-city",
        feature("NEAR", square(220, 0, 100), "I2"),
        feature("ON", square(150, 190, 100), "I2"),
        theme="plan",
    )

    findings = {key: f for key, f in found(demo_book).items() if key[0].startswith("PP")}

    assert set(findings) == {
        ("PP-01", "ON", "HOMES"), ("PP-03", "ON", "HOMES"), ("PP-03", "NEAR", "HOMES"),
    }  # fmt: skip
    assert findings["PP-01", "ON", "HOMES"].current.measured_value == pytest.approx(50 * 10)
    assert findings["PP-03", "NEAR", "HOMES"].current.measured_value == pytest.approx(20)
    assert not any(finding.may_block for finding in findings.values())


def test_each_service_has_the_catchment_of_the_standards_and_none_is_a_straight_line():
    standards = {row["code"]: row for row in read_table("service_standards")}
    asked = {"SC-01": "market", "SC-02": "park_city", "SC-03": "open_space_sdg",
             "SC-04": "fire_station", "SC-05": "health_centre", "SC-06": "primary"}  # fmt: skip

    rules = {r.code: r for r in read_rulebook(FILE).rules if isinstance(r, ServiceCoverage)}

    assert set(rules) == set(asked)
    for code, standard in asked.items():
        assert rules[code].max_distance_m == float(standards[standard]["catchment_m"])
        assert standards[standard]["catchment_type"] in {"walk", "network", "drive"}
        assert rules[code].along == "streets"


def test_a_home_1100_m_from_the_only_market_is_one_of_two_that_are_unserved(demo_book):
    surveyed_layer("sangkat", feature("01", square(0, 0, 3000)))
    surveyed_layer("facilities", feature("MARKET", square(0, 0, 100), "market"))
    homes = [
        feature(name, square(x, 0, 10), "residential", height_m=4)
        for name, x in (("NEAR", 500), ("FAR", 1200))
    ]
    surveyed_layer("buildings", *homes, looked_for=["residential"])
    set_surveyed_area(layer=layer_named("facilities"), geometry=square(-9000, -9000, 20_000),
                      classes=["market"], source="markets")  # fmt: skip

    findings = {key: f for key, f in found(demo_book).items() if key[0].startswith("SC")}

    markets, schools = findings.pop(("SC-01", "01", "")), findings.pop(("SC-06", "01", ""))
    assert findings == {}  # nobody looked for parks, stations and health centres
    assert (markets.current.measured_value, markets.current.facts["unserved_share"]) == (1, 0.5)
    assert schools.current.measured_value == 2


def test_a_road_on_the_axis_between_port_and_homes_separates_them(demo_book):
    zones = [feature("PORT", square(0, 0, 200), "PT"), feature("HOMES", square(200, 0, 200), "R2")]
    surveyed_layer("zones", *zones)

    beside = found(demo_book)
    surveyed_layer("roads", feature("ROAD", line((200, -50), (200, 250)), "road_district"))
    separated = found(demo_book)

    [(_code, subject, of_object)] = beside
    assert (subject, of_object) == ("PORT", "HOMES")
    [finding] = beside.values()
    assert finding.current.measured_value == pytest.approx(200.0)
    assert (finding.severity, finding.may_block) == ("medium", False)
    assert separated == {}


def test_every_rule_says_what_it_rests_on_and_none_claims_to_be_law():
    bases = {"KH_NEWS": "press_report", "GK": "general_knowledge", "DEMO": "demo_value"}
    rules = {rule.code: rule for rule in read_rulebook(FILE).rules}

    for rule in rules.values():
        assert rule.basis != "binding_law"
        assert rule.provision.citation, rule.code
        assert rule.title.km, rule.code
        assert rule.title.en, rule.code
    for row in read_table("conflict_rules"):
        basis = "GK" if row["verified"] == "gk" else row["basis"]
        assert rules[row["rule_id"]].basis == bases.get(basis, "foreign_reference")


def test_the_book_written_out_again_says_the_same(tmp_path):
    book = read_rulebook(FILE)
    copy = tmp_path / "copy.yaml"
    copy.write_text(write_rulebook(book), encoding="utf-8")

    assert read_rulebook(copy).digest == book.digest


def test_polluters_near_a_well_are_those_that_foul_the_ground_water():
    [rule] = [rule for rule in read_rulebook(FILE).rules if rule.code == "WA-05"]
    sources = {row["code"] for row in read_table("facility_types") if row["role"] == "source"}

    assert set(rule.subject.classes) <= sources
    assert {"landfill", "cemetery", "fuel_station", "livestock"} <= set(rule.subject.classes)
    assert not {"telecom", "power_line", "any_building"} & set(rule.subject.classes)
