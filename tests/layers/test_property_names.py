"""What is recorded at a place is named and written for the reader, not for the program."""

import pytest
from django.utils.translation import override

from layers.numbers import unit_name
from layers.property_names import (
    TITLES,
    UNITS_OF,
    hazard_class,
    property_title,
    property_unit,
    property_value,
)
from layers.vocab import Basis

APART = "\u00a0"
KHMER = range(0x1780, 0x1800)


def is_khmer(text):
    return any(ord(letter) in KHMER for letter in text)


@pytest.mark.parametrize("name", sorted(TITLES))
def test_every_known_attribute_has_a_name_in_both_languages(name):
    with override("km"):
        assert is_khmer(property_title(name, {}))
    with override("en"):
        assert not is_khmer(property_title(name, {}))
        assert "_" not in property_title(name, {})


def test_what_the_layer_says_of_its_attribute_comes_first():
    stated = {"title_km": "ទឹក", "title_en": "Water", "unit": "m"}
    with override("km"):
        assert property_title("depth_min_m", stated) == "ទឹក"
    with override("en"):
        assert property_title("depth_min_m", stated) == "Water"


def test_an_attribute_nobody_knows_is_shown_as_the_file_has_it():
    assert property_title("SHAPE_LENG", {}) == "SHAPE_LENG"


@pytest.mark.parametrize(
    ("name", "value", "khmer", "english"),
    [
        ("depth_min_m", 0.6, "0,6 ម", "0.6 m"),
        ("legal_area_m2", 1234.5, f"1{APART}234,5 ម²", "1,234.5 m²"),
        ("pupils", 1200, f"1{APART}200", "1,200"),
        ("opened_year", 2014, "2014", "2014"),
        ("return_period_years", 100, "100 ឆ្នាំ", "100 years"),
        ("duration_h", 6.0, "6 ម៉ោង", "6 hours"),
        ("voltage_kv", 115, "115 kV", "115 kV"),
        ("slope", 0.125, "0,12", "0.12"),
        ("parcel_no", "1801-7", "1801-7", "1801-7"),
        ("hazard_class", "H3", "H3 ខ្ពស់", "H3 high"),
    ],
)
def test_a_value_is_written_with_its_unit_as_the_pages_write_it(name, value, khmer, english):
    with override("km"):
        assert property_value(name, value, {}) == khmer
    with override("en"):
        assert property_value(name, value, {}) == english


def test_yes_and_no_are_words():
    with override("en"):
        assert property_value("synthetic", True, {}) == "yes"
        assert property_value("synthetic", False, {}) == "no"
    with override("km"):
        assert is_khmer(property_value("synthetic", True, {}))


@pytest.mark.parametrize("basis", Basis.values)
def test_a_basis_is_told_in_words_not_by_its_code(basis):
    with override("km"):
        assert is_khmer(property_value("basis", basis, {}))
    assert "_" not in property_value("basis", basis, {})


def test_a_class_no_table_knows_keeps_its_code():
    assert hazard_class("H9") == "H9"
    assert property_value("basis", "hearsay", {}) == "hearsay"


def test_units_follow_the_name_unless_the_layer_states_one():
    assert property_unit("height_m", {}) == "m"
    assert property_unit("area_m2", {}) == "m2"
    assert property_unit("height", {"unit": "ft"}) == "ft"
    assert property_unit("note", {}) == ""
    assert set(UNITS_OF) <= set(TITLES)


def test_units_of_records_are_written_as_signs():
    assert (unit_name("m2"), unit_name("place"), unit_name("mm")) == ("m²", "", "mm")
