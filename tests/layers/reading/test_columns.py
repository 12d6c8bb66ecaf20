"""Attribute columns on their way into JSON: every value as the file holds it, or nothing at all."""

import datetime as dt
import decimal
import json
import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.ingest.attributes import as_text, json_objects, plain_column

KHMER = "ភូមិ៤ សង្កាត់លេខ៤"
WHOLE = st.integers(-(2**63), 2**63 - 1)
REAL = st.floats(allow_nan=True, allow_infinity=True)
few = settings(max_examples=40, deadline=None, derandomize=True)


def objects(count=None, **columns):
    """The JSON objects of some columns, read again."""
    rows = count if count is not None else len(next(iter(columns.values())))
    return [json.loads(text) for text in json_objects(columns, rows).to_pylist()]


def told(values, kind=None):
    """What the rows say under ``a``; ``...`` where they say nothing."""
    return [row.get("a", ...) for row in objects(a=pa.array(values, kind))]


class TestNumbers:
    @few
    @given(st.lists(st.none() | WHOLE, min_size=1, max_size=8))
    def test_whole_numbers_keep_every_digit(self, values):
        assert told(values, pa.int64()) == [... if v is None else v for v in values]

    @few
    @given(st.lists(st.none() | REAL, min_size=1, max_size=8))
    def test_decimals_come_back_bit_by_bit_and_what_is_no_number_is_left_out(self, values):
        expected = [... if v is None or not math.isfinite(v) else v for v in values]

        assert told(values, pa.float64()) == expected

    def test_the_largest_unsigned_number_is_no_negative_one(self):
        assert told([2**64 - 1], pa.uint64()) == [2**64 - 1]

    def test_a_tenth_in_single_precision_is_written_as_a_tenth(self):
        assert told([0.1], pa.float32()) == [pytest.approx(0.1, abs=1e-8)]

    def test_zero_and_no_are_values_and_not_gaps(self):
        assert told([0, None, 1], pa.int8()) == [0, ..., 1]
        assert told([False, None, True]) == [False, ..., True]

    def test_an_exact_amount_of_money_keeps_its_cents(self):
        assert told([decimal.Decimal("12000.50")]) == ["12000.50"]


class TestTexts:
    @pytest.mark.parametrize(
        "text",
        [
            KHMER,
            'he said "no"',
            "a\\b",
            "two\nlines",
            "tab\there",
            "}{][,:",
            "ends with a comma,",
            ",",
            "",
            "\u200bក\u200bខ",
            "😀",
            "\u2028",
        ],
    )
    def test_a_text_comes_back_sign_by_sign(self, text):
        assert told([text]) == [text]

    def test_a_row_with_quotes_changes_nothing_in_the_row_beside_it(self):
        assert told(['5" pipe', KHMER, None]) == ['5" pipe', KHMER, ...]

    def test_the_end_of_text_sign_that_databases_refuse_is_dropped(self):
        assert told(["ka\x00kh"]) == ["kakh"]

    def test_a_text_cut_within_a_khmer_letter_keeps_the_letters_before_it(self):
        cut = pa.array([KHMER.encode()[:-1], b"ok"]).view(pa.string())

        [broken, whole] = [row["a"] for row in objects(a=cut)]

        assert broken == KHMER.encode()[:-1].decode(errors="replace")
        assert broken.startswith(KHMER[:-1])
        assert whole == "ok"

    def test_names_of_columns_may_be_khmer_and_hold_quotes(self):
        columns = {"ឈ្មោះ": pa.array([KHMER]), 'a "b"': pa.array([1]), "x,": pa.array(["y,"])}

        assert objects(1, **columns) == [{"ឈ្មោះ": KHMER, 'a "b"': 1, "x,": "y,"}]

    def test_large_texts_are_texts(self):
        assert told([KHMER, None], pa.large_string()) == [KHMER, ...]


class TestOtherKinds:
    def test_days_and_moments_are_written_as_iso_8601(self):
        day = dt.date(2035, 12, 31)
        moment = dt.datetime(2035, 12, 31, 23, 59, 1)  # noqa: DTZ001 - as files hold it

        assert told([day]) == ["2035-12-31"]
        assert told([moment], pa.timestamp("ms")) == ["2035-12-31T23:59:01"]

    def test_bytes_are_written_as_hexadecimal_digits(self):
        assert told([b"\x00\xff"]) == ["00ff"]

    def test_lists_stay_lists_and_what_is_no_number_in_them_is_null(self):
        assert told([[1.5, math.inf], [], None]) == [[1.5, None], [], ...]

    def test_a_record_in_a_cell_stays_an_object_with_its_khmer_keys(self):
        assert told([{"ឈ្មោះ": "ក", "n": 2}]) == [{"ឈ្មោះ": "ក", "n": 2}]

    def test_repeated_texts_stored_by_number_are_texts_again(self):
        column = pa.array([KHMER, "b", KHMER, None]).dictionary_encode()

        assert [row.get("a", ...) for row in objects(a=column)] == [KHMER, "b", KHMER, ...]

    def test_a_cell_that_is_json_is_no_text_of_json(self):
        column = pa.ExtensionArray.from_storage(
            pa.json_(pa.string()), pa.array(['{"a": [1, 2]}', "not json", None])
        )

        assert [row.get("a", ...) for row in objects(a=column)] == [{"a": [1, 2]}, "not json", ...]


class TestObjects:
    def test_a_row_without_a_single_value_is_an_empty_object(self):
        empty = pa.array([None, None], pa.string())

        assert objects(a=empty, b=pa.array([None, 1])) == [{}, {"b": 1}]

    def test_a_table_without_columns_has_an_empty_object_per_row(self):
        assert json_objects({}, 3).to_pylist() == ["{}", "{}", "{}"]

    @few
    @given(st.lists(st.tuples(WHOLE, st.text(max_size=6), REAL, st.booleans()), min_size=1))
    def test_a_gap_in_one_row_changes_nothing_in_the_rows_before_it(self, rows):
        columns = dict(zip("abcd", map(list, zip(*rows, strict=True)), strict=True))
        with_gap = {name: [*values, None] for name, values in columns.items()}

        *before, last = objects(**{name: pa.array(values) for name, values in with_gap.items()})

        assert before == objects(**{name: pa.array(values) for name, values in columns.items()})
        assert last == {}

    def test_columns_keep_their_order(self):
        columns = {name: pa.array([1]) for name in ("z", "a", "m")}

        assert json_objects(columns, 1).to_pylist() == ['{"z":1,"a":1,"m":1}']

    @few
    @given(
        st.lists(
            st.tuples(
                st.none() | WHOLE, st.none() | st.text(max_size=5), st.none() | st.booleans()
            ),
            min_size=1,
            max_size=6,
        )
    )
    def test_each_row_holds_its_own_values_and_no_others(self, rows):
        whole, texts, truths = zip(*rows, strict=True)
        columns = {
            "n": pa.array(whole, pa.int64()),
            "t": pa.array(texts, pa.string()),
            "b": pa.array(truths, pa.bool_()),
        }
        plain = [{"n": n, "t": t and t.replace("\x00", ""), "b": b} for n, t, b in rows]

        assert objects(**columns) == [
            {name: value for name, value in row.items() if value is not None} for row in plain
        ]

    def test_a_slice_of_a_column_gives_the_rows_of_the_slice(self):
        column = pa.array(["a", "b", "c", "d"]).slice(1, 2)

        assert objects(a=column) == [{"a": "b"}, {"a": "c"}]


class TestIdentifiers:
    @pytest.mark.parametrize(
        ("values", "texts"),
        [
            ([12.0, 13.0], ["12", "13"]),
            ([12.0, None, 13.0], ["12", None, "13"]),
            ([12.5, 13.0], ["12.5", "13"]),
            ([-0.0], ["0"]),
            ([2**53, 1], [str(2**53), "1"]),
            ([True, False], ["true", "false"]),
        ],
    )
    def test_numbers_are_written_as_short_as_they_are(self, values, texts):
        assert as_text(pa.array(values)).to_pylist() == texts

    @pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u00a0", "\u3000"])
    def test_a_blank_cell_names_nothing(self, blank):
        assert as_text(pa.array([blank, "A"])).to_pylist() == [None, "A"]

    def test_spaces_around_a_name_are_no_part_of_it_and_those_within_are(self):
        assert as_text(pa.array([f"  {KHMER} ", "A 1"])).to_pylist() == [KHMER, "A 1"]

    def test_a_number_too_large_for_a_whole_one_stays_a_number(self):
        [text] = as_text(pa.array([1e300])).to_pylist()

        assert float(text) == 1e300

    def test_a_day_may_be_an_identifier(self):
        assert as_text(pa.array([dt.date(2026, 1, 2)])).to_pylist() == ["2026-01-02"]

    def test_what_is_already_plain_is_not_copied(self):
        column = pa.array([1, 2])

        assert plain_column(column) is column
