"""Coordinates as people write them in tables, each against the number it means."""

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.ingest import ImportOptions, import_file, look_into
from layers.ingest.coordinates import Punctuation, as_numbers, coordinate
from layers.models import ImportIssue
from layers.queries import current_features

KHMER = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("10°36'00\"N", 10.6), ("10°36′00″N", 10.6), ("10º 36' 0\" N", 10.6), ("N 10°36'", 10.6),
        ("10 36 00", 10.6), ("10:36:00", 10.6), ("103 30", 103.5), ("103°30'", 103.5),
        ("10°36'30.5\"S", -(10 + 36 / 60 + 30.5 / 3600)), ("10°36,5'", 10 + 36.5 / 60),
        ("E103.5", 103.5), ("103.5 e", 103.5), ("10.6°", 10.6), ("W 0.5", -0.5),
        ("-10 30", -10.5), ("330 000,5", 330_000.5), ("330'000.5", 330_000.5),
        ("330\u202f000", 330_000), ("1 170 000", 1_170_000), ("1.170.000,5", 1_170_000.5),
        ("1,170,000.25", 1_170_000.25), ("1,170,000", 1_170_000), ("\u22125", -5),
        ("៣៣០០០០.៥", 330_000.5), ("១ ១៧០ ០០០", 1_170_000), ("១០°៣៦'", 10.6),
    ],
)  # fmt: skip
def test_each_way_of_writing_means_one_number(written, number):
    assert coordinate(written, is_decimal_comma=False) == pytest.approx(number, abs=1e-9)


@pytest.mark.parametrize(
    "written",
    ["", "abc", "10°61'", "10°36'60\"", "N10.6S", "-10.6N", "10.5°30'", "10°30.5'20\"", "1 2 3 4",
     "10,5", "10,5,5", "10.5.5", "1e", "0x10", "N", "°", "10 36 00 00", "33 00 000", "១២ក"],
)  # fmt: skip
def test_what_could_mean_several_numbers_or_none_is_none(written):
    assert math.isnan(coordinate(written, is_decimal_comma=False))


def test_a_cell_of_a_million_blanks_is_no_coordinate_and_takes_no_time():
    assert math.isnan(coordinate(f"1 {' ' * 1_000_000}2", is_decimal_comma=False))


def test_a_comma_parts_decimals_only_where_no_point_does():
    assert coordinate("330,5", is_decimal_comma=True) == 330.5
    assert math.isnan(coordinate("330,5", is_decimal_comma=False))
    assert coordinate("330,500", is_decimal_comma=True) == 330.5
    assert coordinate("330,500", is_decimal_comma=False) == 330_500


@pytest.mark.parametrize(
    ("column", "is_decimal", "is_otherwise"),
    [
        (["330000", "1170000"], False, False),
        (["330000,5", "1170000,25"], True, False),
        (["330000.5", "1170000"], False, False),
        (["330,000", "1,170,000"], False, True),
        (["330,000.5", "1,170,000.5"], False, True),
        (["330 000,5", "1 170 000,5"], True, True),
        (["៣៣០០០០", "១១៧០០០០"], False, True),
        (["10°36'", "103°30'"], False, True),
        (["unknown", "-"], False, False),
        ([None, None], False, False),
    ],
)
def test_a_column_says_how_it_is_written(column, is_decimal, is_otherwise):
    found = Punctuation()
    found.look(pa.array(column, pa.string()))

    assert (found.is_decimal_comma, found.is_otherwise) == (is_decimal, is_otherwise)


def grouped(number, sign):
    whole, _point, rest = f"{number:.3f}".partition(".")
    groups = []
    while whole:
        whole, group = whole[:-3], whole[-3:]
        groups.insert(0, group)
    return sign.join(groups), rest


metres = st.integers(100_000_000, 9_999_999_999).map(lambda value: value / 1000)


@given(metres)
def test_any_metres_are_read_however_their_thousands_are_parted(number):
    for sign, point in ((" ", ","), (" ", "."), ("'", "."), (".", ",")):
        whole, rest = grouped(number, sign)
        assert coordinate(f"{whole}{point}{rest}", is_decimal_comma=point == ",") == number
    whole, rest = grouped(number, ",")
    assert coordinate(f"{whole}.{rest}", is_decimal_comma=False) == number
    assert coordinate(f"{number:.3f}".translate(KHMER), is_decimal_comma=False) == number


@given(st.integers(0, 179), st.integers(0, 59), st.integers(0, 59), st.sampled_from("NSEW"))
def test_any_degrees_minutes_and_seconds_are_read(degrees, minutes, seconds, half):
    value = degrees + minutes / 60 + seconds / 3600
    value = -value if half in "SW" else value
    for written in (
        f"{degrees}°{minutes:02}'{seconds:02}\"{half}",
        f"{half} {degrees} {minutes:02} {seconds:02}",
        f"{degrees}:{minutes}:{seconds} {half.lower()}",
    ):
        assert coordinate(written, is_decimal_comma=False) == pytest.approx(value, abs=1e-12)


@given(st.lists(st.none() | st.floats(-1e7, 1e7).map(str) | st.text(max_size=8), max_size=9))
def test_a_column_is_read_as_its_cells_are(column):
    found = as_numbers(pa.array(column, pa.string()), decimal_comma=False)

    expected = [math.nan if c is None else coordinate(c, is_decimal_comma=False) for c in column]
    assert [repr(float(a)) for a in found] == [repr(float(b)) for b in expected]


@pytest.mark.django_db
class TestTables:
    def table(self, tmp_path, text):
        path = tmp_path / "wells.csv"
        path.write_text(text, encoding="utf-8")
        return path

    @pytest.mark.parametrize(
        ("text", "srid"),
        [
            ('lat,lon\n10°36\'00""N,103°30\'00""E\n'.replace('""', "''"), 4326),
            ("រយៈទទឹង,រយៈបណ្តោយ\n១០.៦,១០៣.៥\n", 4326),
            ("រយៈទទឹង;រយៈបណ្ដោយ\n10,6;103,5\n", 4326),
            ("x;y\n335 899,68;1 172 147,03\n", 32648),
            ('x,y\n"335,899.68","1,172,147.03"\n', 32648),
        ],
    )
    def test_the_same_well_is_found_however_it_is_written(self, tmp_path, text, srid):
        report = import_file(
            path=self.table(tmp_path, text), layer="wells", options=ImportOptions(srid=srid)
        )

        [well] = current_features("wells")
        assert well.geometry.coords == pytest.approx((335_899.68, 1_172_147.03), abs=0.01)
        is_plain = text.endswith("10,6;103,5\n")
        told = [str(note) for note in report.notes]
        assert any("Check them on the map" in note for note in told) is not is_plain

    def test_a_look_proposes_the_system_of_degrees_and_minutes(self, tmp_path):
        path = self.table(tmp_path, "name,lat,lon\nផ្សារ,10 36 00,103 30 00\n")

        [layer] = look_into(path).layers

        assert [each["srid"] for each in layer["candidates"]] == [4326]

    def test_a_row_that_cannot_be_read_is_an_issue_and_the_others_are_stored(self, tmp_path):
        path = self.table(tmp_path, "lat,lon\n10 36 00,103 30 00\n10 99 00,103 30 00\n")

        report = import_file(path=path, layer="wells", options=ImportOptions(srid=4326))

        assert (report.rows.stored, report.rows.refused) == (1, 1)
        assert ImportIssue.objects.get(row=2).action == "refused"
