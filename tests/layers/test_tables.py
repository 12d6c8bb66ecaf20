"""Tables as text: what a file does not say of itself is recognised, never assumed in silence."""

import pyarrow as pa
import pytest

from layers.errors import UserFacingError
from layers.ingest.coordinates import as_numbers
from layers.ingest.options import ImportOptions
from layers.ingest.table_text import recognised
from layers.ingest.tables import open_table
from tests.factories import EAST, NORTH


def written(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def form_of(tmp_path, text, encoding="utf-8", said=""):
    return recognised(written(tmp_path / "a.csv", text, encoding), "a.csv", encoding=said)


class TestDelimiters:
    @pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
    def test_the_sign_that_divides_the_lines_evenly(self, tmp_path, delimiter):
        lines = [["id", "x", "y"], ["1", "2", "3"], ["4", "5", "6"]]
        form = form_of(tmp_path, "\n".join(delimiter.join(line) for line in lines))
        assert form.delimiter == delimiter
        assert form.header == ("id", "x", "y")

    def test_decimal_commas_do_not_divide_what_semicolons_divide(self, tmp_path):
        form = form_of(tmp_path, "id;x;y\n1;2,5;3,5\n2;2,7;3,8\n3;2;3\n")
        assert form.delimiter == ";"

    def test_commas_within_quotes_divide_nothing(self, tmp_path):
        form = form_of(tmp_path, 'id;wkt\n1;"POINT (1 2), a, b, c"\n2;"LINESTRING (1 2, 3 4)"\n')
        assert form.delimiter == ";"

    def test_one_column_is_one_column(self, tmp_path):
        assert form_of(tmp_path, "wkt\nPOINT (1 2)\n").header == ("wkt",)


class TestHeaders:
    def test_empty_names_and_names_written_twice_become_different_ones(self, tmp_path):
        assert form_of(tmp_path, "a,,a,\n1,2,3,4\n").header == ("a", "column_2", "a_3", "column_4")

    def test_names_are_trimmed(self, tmp_path):
        assert form_of(tmp_path, " x , y \n1,2\n").header == ("x", "y")

    def test_a_quoted_name_may_hold_the_delimiter(self, tmp_path):
        assert form_of(tmp_path, '"x, east",y\n1,2\n').header == ("x, east", "y")


class TestEncodings:
    def test_utf8_is_known_by_its_own_rules(self, tmp_path):
        form = form_of(tmp_path, "ឈ្មោះ,x,y\n")
        assert (form.encoding, form.is_guessed) == ("utf-8", False)

    def test_what_is_no_utf8_is_a_guess_and_told_as_one(self, tmp_path):
        form = form_of(tmp_path, "nom,x,y\nécole,1,2\n", "cp1252")
        assert (form.encoding_title, form.is_guessed) == ("CP1252", True)

    @pytest.mark.parametrize(("encoding", "title"), [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16")])
    def test_marks_are_believed(self, tmp_path, encoding, title):
        form = form_of(tmp_path, "ឈ្មោះ,x,y\n", encoding)
        assert form.header[0] == "ឈ្មោះ"
        assert form.encoding_title == title

    def test_what_the_user_says_comes_first(self, tmp_path):
        form = form_of(tmp_path, "naïve,x,y\n", "latin-1", said="latin-1")
        assert form.header[0] == "naïve"
        assert not form.is_guessed

    def test_an_unknown_encoding_and_one_that_does_not_fit_are_sentences(self, tmp_path):
        with pytest.raises(UserFacingError, match="'klingon' is no known encoding"):
            form_of(tmp_path, "x,y\n", said="klingon")
        with pytest.raises(UserFacingError, match="cannot be read as ascii"):
            form_of(tmp_path, "សាលា,x,y\n", said="ascii")


class TestNumbers:
    @pytest.mark.parametrize(
        ("text", "number"),
        [("1", 1.0), ("-1.5", -1.5), ("+2", 2.0), (".5", 0.5), ("1e3", 1000.0), ("1.5E-1", 0.15)],
    )
    def test_numbers_as_programs_write_them(self, text, number):
        assert as_numbers(pa.array([text]), decimal_comma=False)[0] == number

    @pytest.mark.parametrize("text", ["1,5", "0x10", "nan", "inf", "1.", "--1", "½", "a"])
    def test_anything_else_is_no_number(self, text):
        assert str(as_numbers(pa.array([text]), decimal_comma=False)[0]) == "nan"

    def test_with_decimal_commas(self):
        found = as_numbers(pa.array(["103,5", "-0,25", "7", None]), decimal_comma=True)
        assert list(found[:3]) == [103.5, -0.25, 7.0]
        assert str(found[3]) == "nan"


class TestCoordinates:
    def source(self, tmp_path, header, **options):
        text = f"{header}\n{','.join(['1'] * (header.count(',') + 1))}\n"
        return open_table(written(tmp_path / "a.csv", text), "a.csv", ImportOptions(**options))

    @pytest.mark.parametrize(
        ("header", "found"),
        [
            ("id,lon,lat", ("lon", "lat")),
            ("Latitude,Longitude", ("Longitude", "Latitude")),
            ("POINT_Y,POINT_X,id", ("POINT_X", "POINT_Y")),
            ("easting,northing", ("easting", "northing")),
            ("id,WKT", ("WKT",)),
            ("id,the_geom", ("the_geom",)),
        ],
    )
    def test_names_people_give_coordinates(self, tmp_path, header, found):
        assert self.source(tmp_path, header).coordinates == found

    def test_longitude_comes_before_a_local_x(self, tmp_path):
        assert self.source(tmp_path, "x,y,lon,lat").coordinates == ("lon", "lat")

    def test_what_the_user_names_comes_first(self, tmp_path):
        source = self.source(tmp_path, "a,b,lon,lat", x_field="a", y_field="b")
        assert source.coordinates == ("a", "b")
        assert self.source(tmp_path, "shape2,x,y", wkt_field="shape2").coordinates == ("shape2",)

    def test_half_a_pair_is_none(self, tmp_path):
        with pytest.raises(UserFacingError, match="no columns are called like coordinates"):
            self.source(tmp_path, "x,name")

    def test_the_columns_of_the_shape_are_no_attributes(self, tmp_path):
        assert self.source(tmp_path, "id,x,y,name").fields == ("id", "name")


class TestTypes:
    def types(self, tmp_path, *values):
        text = "v,x,y\n" + "".join(f"{value},{EAST},{NORTH}\n" for value in values)
        source = open_table(written(tmp_path / "a.csv", text), "a.csv", ImportOptions())
        return str(source.types["v"]), source

    @pytest.mark.parametrize(
        ("values", "kind"),
        [
            (["1", "-20", ""], "int64"),
            (["1", "2.5"], "double"),
            (["1", "two"], "string"),
            (["007", "012"], "string"),
            (["0", "10"], "int64"),
            (["0.50", "1.25"], "double"),
            (["1234567890123456789012"], "string"),
            (["1e5"], "string"),
            (["=1+1"], "string"),
            (["2026-11-23"], "string"),
        ],
    )
    def test_a_column_is_numbers_only_when_every_value_is_one(self, tmp_path, values, kind):
        assert self.types(tmp_path, *values)[0] == kind

    def test_rows_are_counted_before_they_are_read(self, tmp_path):
        assert self.types(tmp_path, "1", "2", "3")[1].row_count == 3

    def test_batches_count_on_through_the_file(self, tmp_path):
        source = self.types(tmp_path, *map(str, range(5)))[1]
        rows = [batch.rows.tolist() for batch in source.batches(2)]
        assert rows == [[1, 2], [3, 4], [5]]

    def test_a_decimal_comma_needs_commas_and_no_point(self, tmp_path):
        def has_comma(text):
            path = written(tmp_path / "b.csv", text)
            return open_table(path, "b.csv", ImportOptions()).punctuation.is_decimal_comma

        assert has_comma("x;y\n1,5;2,5\n1;2\n")
        assert not has_comma("x;y\n1.5;2.5\n")
        assert not has_comma("x;y\n1.234,5;2,5\n")
