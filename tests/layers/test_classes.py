"""The class list: read from the fixtures, a tree, edited by the city and left so."""

import re

import pytest

from layers.classes import USE_PARENTS, class_records, load_classes, read_table
from layers.models import LandUseClass
from layers.queries import class_branches

pytestmark = pytest.mark.django_db


def test_every_zone_facility_and_use_of_the_tables_becomes_a_class():
    load_classes()
    codes = set(LandUseClass.objects.values_list("code", flat=True))
    assert {row["code"] for row in read_table("zone_classes")} <= codes
    assert {row["code"] for row in read_table("facility_types")} <= codes
    assert {row["use_code"] for row in read_table("use_zone_matrix")} <= codes


def test_codes_are_unique_and_parents_come_first():
    seen = set()
    for record in class_records():
        assert record.code not in seen
        assert not record.parent or record.parent in seen, record
        seen.add(record.code)


def test_every_parent_named_for_a_use_exists():
    codes = {record.code for record in class_records()}
    assert set(USE_PARENTS.values()) <= codes


def test_loading_twice_adds_nothing():
    assert load_classes() > 100
    assert load_classes() == 0


def test_what_the_city_edited_stays():
    load_classes()
    LandUseClass.objects.filter(code="school").update(name_km="សាលា", sensitivity=4)
    load_classes()
    school = LandUseClass.objects.get(code="school")
    assert (school.name_km, school.sensitivity) == ("សាលា", 4)


def test_a_class_the_city_removed_comes_back_under_its_parent():
    load_classes()
    LandUseClass.objects.get(code="school_primary").delete()
    assert load_classes() == 1
    assert LandUseClass.objects.get(code="school_primary").parent.code == "school"


def test_a_rule_about_schools_holds_for_kindergartens():
    load_classes()
    assert set(class_branches(["school"])["school"]) == {
        "school",
        "kindergarten",
        "school_primary",
        "school_secondary",
    }


def test_zones_hang_under_their_group():
    load_classes()
    assert "R1" in class_branches(["RES"])["RES"]
    assert LandUseClass.objects.get(code="R1").scheme == "zone"


def test_colours_are_colours_and_khmer_names_are_drafts():
    load_classes()
    for found in LandUseClass.objects.all():
        assert re.fullmatch(r"#[0-9A-Fa-f]{6}", found.colour), found.code
        assert not found.name_km_checked
        assert found.source
        assert found.name_en


def test_the_most_sensitive_uses_are_those_of_children_patients_and_water():
    load_classes()
    most = set(LandUseClass.objects.filter(sensitivity=5).values_list("code", flat=True))
    assert {"school", "hospital", "water_intake"} <= most
    assert LandUseClass.objects.get(code="landfill").sensitivity == 0
