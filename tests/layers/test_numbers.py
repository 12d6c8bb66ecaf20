"""One form of numbers and days per language, on pages and in what people type."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils.translation import override

from layers.numbers import (
    AmbiguousNumberError,
    day,
    day_in,
    general,
    in_marks,
    marks,
    moment,
    number,
    percent,
    quantity,
    typed_number,
)

APART = "\u00a0"  # the no-break space between thousands on Khmer pages


@pytest.mark.parametrize(
    ("value", "places", "khmer", "english"),
    [
        (1234567.891, 2, f"1{APART}234{APART}567,89", "1,234,567.89"),
        (1234567.891, 0, f"1{APART}234{APART}568", "1,234,568"),
        (1920, 1, f"1{APART}920,0", "1,920.0"),
        (0.5, None, "0,5", "0.5"),
        (200.0, None, "200", "200"),
        (1000, None, f"1{APART}000", "1,000"),
        (14.99, 2, "14,99", "14.99"),
        (Decimal("4990.00"), 2, f"4{APART}990,00", "4,990.00"),
        (-0.001, 2, "0,00", "0.00"),
        (-20, 1, "-20,0", "-20.0"),
        (None, 2, "–", "–"),
    ],
)
def test_khmer_writes_a_decimal_comma_and_english_a_point(value, places, khmer, english):
    assert number(value, places, language="km") == khmer
    assert number(value, places, language="en") == english


def test_no_khmer_number_can_be_read_a_thousand_times_too_large_or_too_small():
    decimal, group = marks("km")
    assert decimal == ","
    assert group not in {".", ","}
    assert group.isspace()


def test_a_margin_carries_its_sign_but_nothing_has_none():
    assert number(3.5, sign=True, language="en") == "+3.5"
    assert number(-3.5, sign=True, language="km") == "-3,5"
    assert number(0.0, sign=True, language="en") == "0"
    assert number(-0.0, sign=True, language="en") == "0"


def test_six_digits_are_enough_for_a_number_someone_typed():
    assert general(0.6, language="km") == "0,6"
    assert general(100.0, language="km") == "100"
    assert general(1e-9, language="km") == "1e-09"
    assert general(float("nan"), language="en") == "nan"


@pytest.mark.parametrize(
    ("share", "places", "khmer"),
    [(0, 1, "0,0 %"), (0.0004, 1, "< 0,1 %"), (0.0005, 1, "< 0,1 %"), (0.0006, 1, "0,1 %"),
     (0.5, 1, "50,0 %"),
     (1, 1, "100,0 %"), (Decimal("0.00001"), 2, "< 0,01 %"), (0.25, 0, "25 %")],
)  # fmt: skip
def test_a_share_that_is_something_is_never_shown_as_nothing(share, places, khmer):
    assert percent(share, places, language="km") == khmer


def test_a_measure_is_written_with_its_unit_and_a_missing_one_as_a_dash():
    assert quantity(1234.5, "m²", 1, language="km") == f"1{APART}234,5 m²"
    assert quantity(3, "", language="en") == "3"
    assert quantity(None, "m", language="km") == "–"


@pytest.mark.parametrize("given", [date(2035, 12, 1), "2035-12-01", datetime(2035, 12, 1, 8)])  # noqa: DTZ001
def test_a_day_is_written_one_way_per_language(given):
    assert day_in(given, "km") == "01/12/2035"
    assert day_in(given, "en") == "1 Dec 2035"
    assert day_in(None, "km") == "–"


def test_a_moment_is_told_in_cambodian_time():
    evening = datetime(2035, 12, 1, 18, 30, tzinfo=UTC)  # 01:30 of the next day in Phnom Penh
    with override("km"):
        assert moment(evening) == "02/12/2035 01:30"
        assert moment(evening.isoformat()) == "02/12/2035 01:30"
        assert day(evening) == "02/12/2035"
    with override("en"):
        assert moment(evening) == "2 Dec 2035 01:30"
        assert moment(None) == "–"


@pytest.mark.parametrize("language", ["km", "en"])
@pytest.mark.parametrize("value", [0.0, 0.25, 8.5, 160, 999.99, 1000, 1234.5, 1234567.89, -20.5])
def test_what_a_page_shows_can_be_typed_back(value, language):
    assert typed_number(number(value, language=language), language) == pytest.approx(value)
    assert typed_number(number(value, 2, language=language), language) == pytest.approx(value)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("8,5", 8.5), ("8.5", 8.5), ("៨,៥", 8.5), ("១ ២៣៤,៥", 1234.5), ("1.234,5", 1234.5),
     ("1,234.5", 1234.5), ("1.234.567", 1234567), ("1,234,567", 1234567), ("0.250", 0.25),
     ("0,250", 0.25), ("12,3456", 12.3456), (",5", 0.5), ("1 234", 1234), ("1\u202f234", 1234),
     ("-0,5", -0.5), ("1234.567", 1234.567), ("300\u200b", 300)],
)  # fmt: skip
def test_comma_and_point_are_understood_in_a_khmer_form(typed, meant):
    assert typed_number(typed, "km") == meant


@pytest.mark.parametrize("typed", ["1.234", "1,234", "១.២៣៤", "12,000", "999.999", " 1,000 "])
def test_a_mark_before_exactly_three_digits_is_asked_back_in_khmer(typed):
    with pytest.raises(AmbiguousNumberError):
        typed_number(typed, "km")


def test_in_english_the_page_itself_says_what_point_and_comma_mean():
    assert typed_number("1,234", "en") == 1234
    assert typed_number("1.234", "en") == 1.234
    assert typed_number("8,5", "en") == 8.5


@pytest.mark.parametrize(
    "typed", ["", "abc", "1,2,3", "1.2.3", "1,23,456", "1,234.5.6", "1.234,", "0,123,456", "--1",
              "1,2345,6", "nan", "inf", "0x10", "12.34,567.8"],
)  # fmt: skip
def test_what_is_no_number_is_refused_not_guessed(typed):
    for language in ("km", "en"):
        with pytest.raises(ValueError) as refused:  # noqa: PT011 - its kind is what counts
            typed_number(typed, language)
        assert not isinstance(refused.value, AmbiguousNumberError)


def test_templates_write_numbers_and_days_as_everything_else_does():
    page = Template(
        "{% load written %}{{ area|number:1 }}|{{ area|number }}|{{ share|percent }}|"
        "{{ margin|signed }}|{{ on|day }}|{{ plain }}"
    )
    values = {"area": 1234.56, "share": 0.5, "margin": 2.5, "on": "2035-12-01", "plain": 3.5}
    with override("km"):
        assert page.render(Context(values)) == (
            f"1{APART}234,6|1{APART}234,56|50,0 %|+2,5|01/12/2035|3,5"
        )
    with override("en"):
        assert page.render(Context(values)) == "1,234.6|1,234.56|50.0 %|+2.5|1 Dec 2035|3.5"


def test_the_classes_of_a_legend_have_the_marks_of_the_page():
    with override("km"):
        assert in_marks("0.30–0.60 m") == "0,30–0,60 m"
        assert in_marks("> 2 m/s. Then") == "> 2 m/s. Then"
    with override("en"):
        assert in_marks("0.30–0.60 m") == "0.30–0.60 m"
