"""Which identifier, class and lifecycle a row gets: asked of a batch, without any file."""

import json
from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.errors import UnknownLandUseError, UserFacingError
from layers.ingest.batches import MAX_FIELDS, SourceBatch, SourceError, check_field_count
from layers.ingest.class_data import ClassData
from layers.ingest.labels import Labeller
from layers.ingest.mapping import mapped_values, property_names
from layers.ingest.options import ImportOptions, is_given
from layers.vocab import Lifecycle

CLASSES = ClassData(
    ids={"RES": 1, "COM": 2, "school": 3},
    filters=(("school", "amenity=school", 5, False), ("RES", "landuse=residential", 1, False)),
)
few = settings(max_examples=40, deadline=None, derandomize=True)
KHMER_ID = "ដី-១២"


def batch(first_row=1, tags=None, **columns):
    count = len(next(iter(columns.values()))) if columns else len(tags)
    rows = np.arange(first_row, first_row + count)
    return SourceBatch(
        rows=rows,
        outlines=pa.array([b"\x01"] * count),
        fids=pa.array(rows),
        columns={name: pa.array(values) for name, values in columns.items()},
        tags=None if tags is None else pa.array([json.dumps(tag) for tag in tags]),
    )


def labeller(fields, **options):
    return Labeller(ImportOptions(**options), CLASSES, fields=tuple(fields), id_prefix="row-")


def labels(options=None, first_row=1, **columns):
    return labeller(columns, **(options or {})).label(batch(first_row, **columns))


class TestIdentifiers:
    def test_without_a_column_the_place_in_the_file_is_the_name(self):
        assert labels(first_row=7, owner=["a", "b"]).ids.to_pylist() == ["row-7", "row-8"]

    def test_a_khmer_identifier_is_taken_as_it_is(self):
        assert labels({"id_field": "no"}, no=[f" {KHMER_ID} "]).ids.to_pylist() == [KHMER_ID]

    def test_eighty_khmer_signs_fit_though_they_are_240_bytes(self):
        found = labels({"id_field": "no"}, no=["ក" * 80, "ក" * 81])

        assert found.ids.to_pylist() == ["ក" * 80, "row-2"]
        [issue] = found.issues
        assert (issue.row, issue.kind, issue.value) == (2, "unusable_id", "ក" * 81)
        assert "longer than 80 signs" in issue.message

    def test_an_issue_names_the_identifier_that_was_stored_instead(self):
        found = labels({"id_field": "no"}, first_row=41, no=["A", None])

        [issue] = found.issues
        assert (issue.row, issue.stable_id) == (42, "row-42")
        assert "is empty" in issue.message

    def test_a_column_the_file_lacks_is_refused_with_those_it_has(self):
        with pytest.raises(UserFacingError, match="no column 'nr'") as refused:
            labeller(["លេខ", "owner"], id_field="nr")
        assert refused.value.remedy == "Its columns are: លេខ, owner."

    def test_a_file_without_columns_says_so(self):
        with pytest.raises(UserFacingError) as refused:
            labeller([], class_field="use")
        assert refused.value.remedy == "Its columns are: –."


class TestLifecycles:
    @pytest.mark.parametrize(
        ("stated", "meant"),
        [
            ("planned", "planned"),
            ("PLANNED ", "planned"),
            ("Under Construction", "under_construction"),
            (None, "existing"),
            ("", "existing"),
        ],
    )
    def test_a_state_is_read_in_any_case_and_nothing_said_means_existing(self, stated, meant):
        found = labels({"lifecycle_field": "state"}, state=[stated, "closed"])

        assert found.lifecycles.to_pylist() == [meant, "closed"]
        assert not found.is_refused.any()

    def test_a_state_nobody_knows_is_refused_and_the_known_ones_are_named(self):
        found = labels({"lifecycle_field": "state"}, state=["planned", "បានដួល"])

        assert found.is_refused.tolist() == [False, True]
        [issue] = found.issues
        assert (issue.row, issue.kind, issue.action) == (2, "unknown_lifecycle", "refused")
        assert all(value in issue.message for value in Lifecycle.values)


class TestClasses:
    def test_one_class_for_all_rows(self):
        assert labels({"land_use": "RES"}, a=[1, 2]).classes.to_pylist() == ["RES", "RES"]

    def test_no_choice_means_no_class(self):
        assert labels(a=[1, 2]).classes.to_pylist() == [None, None]

    def test_a_class_that_is_none_is_refused_before_a_row_is_read(self):
        with pytest.raises(UnknownLandUseError, match="'HOUSES'"):
            labeller(["a"], land_use="HOUSES")

    def test_codes_are_exact_and_an_odd_one_is_noted_not_guessed(self):
        found = labels({"class_field": "use"}, use=["RES", "res", None, "R?S"])

        assert found.classes.to_pylist() == ["RES", None, None, None]
        assert [(i.row, i.value, i.action) for i in found.issues] == [
            (2, "res", "kept"),
            (4, "R?S", "kept"),
        ]

    def test_a_column_without_a_single_class_is_refused_with_its_commonest_values(self):
        reading = labeller(["use"], class_field="use")
        reading.label(batch(use=["ផ្ទះ", "ផ្ទះ", "shop"]))

        with pytest.raises(UserFacingError, match="it holds 'ផ្ទះ', 'shop'"):
            reading.check_some_known()

    def test_one_known_class_in_any_batch_is_enough(self):
        reading = labeller(["use"], class_field="use")
        reading.label(batch(use=["?"]))
        reading.label(batch(use=["COM"]))

        reading.check_some_known()

    def test_an_empty_column_holds_no_wrong_class(self):
        reading = labeller(["use"], class_field="use")
        reading.label(batch(use=pa.array([None, None], pa.string())))

        reading.check_some_known()

    def test_values_mapped_to_no_class_are_understood_values(self):
        reading = labeller(["use"], class_field="use", classes={"vacant": None})
        found = reading.label(batch(use=["vacant"]))

        assert found.classes.to_pylist() == [None]
        assert not found.issues
        reading.check_some_known()

    def test_tags_give_the_class_and_what_has_none_is_left_out(self):
        tags = [{"amenity": "school"}, {"amenity": "bench"}]

        found = labeller([], classify="osm").label(batch(tags=tags))

        assert found.classes.to_pylist() == ["school", None]
        assert found.is_unclassified.tolist() == [False, True]

    def test_what_has_none_may_be_kept(self):
        reading = labeller([], classify="osm", keep_unclassified=True)

        assert not reading.label(batch(tags=[{"amenity": "bench"}])).is_unclassified.any()


class TestPropertyColumns:
    def test_labels_are_not_told_again_as_attributes(self):
        reading = labeller(["no", "state", "owner"], id_field="no", lifecycle_field="state")

        assert list(reading.attribute_columns(batch(no=[1], state=["x"], owner=["y"]))) == ["owner"]

    def test_the_column_of_the_class_stays_an_attribute_as_the_office_wrote_it(self):
        reading = labeller(["use", "owner"], class_field="use")

        assert list(reading.property_names) == ["use", "owner"]

    NAMES = st.lists(st.sampled_from("abcde"), unique=True, min_size=1)

    @few
    @given(NAMES, st.dictionaries(st.sampled_from("abcde"), st.none() | st.sampled_from("XYZ")))
    def test_renaming_keeps_all_columns_but_those_left_out(self, fields, renamed):
        expected = [renamed.get(name, name) for name in fields]
        kept = [name for name in expected if name is not None]
        options = ImportOptions(fields=renamed)

        if len(set(kept)) < len(kept):
            with pytest.raises(UserFacingError, match="would be the name of two columns"):
                property_names(options, fields)
        else:
            assert list(property_names(options, fields).values()) == kept

    @few
    @given(NAMES, st.dictionaries(st.sampled_from("abcde"), st.none() | st.sampled_from("XYZ")))
    def test_with_all_others_dropped_only_named_columns_stay(self, fields, renamed):
        options = ImportOptions(fields=renamed, drop_other_fields=True)
        wanted = {name: renamed[name] for name in fields if renamed.get(name)}

        if len(set(wanted.values())) == len(wanted):
            assert property_names(options, fields) == wanted

    def test_a_name_of_201_signs_is_too_long(self):
        assert property_names(ImportOptions(fields={"a": "ក" * 200}), ["a"]) == {"a": "ក" * 200}
        with pytest.raises(UserFacingError, match="too long"):
            property_names(ImportOptions(fields={"a": "ក" * 201}), ["a"])


class TestMappedValues:
    VALUES = st.none() | st.sampled_from(["Res", "Com", "ដី", "?", "RES"])

    @few
    @given(
        st.lists(VALUES, max_size=8),
        st.dictionaries(st.sampled_from(["Res", "Com", "ដី"]), st.none() | st.just("RES")),
    )
    def test_each_value_becomes_its_code_and_the_others_stay(self, values, classes):
        codes, without = mapped_values(pa.array(values, pa.string()), classes)

        assert codes.to_pylist() == [classes.get(v, v) for v in values]
        assert without.tolist() == [v in classes and classes[v] is None for v in values]


class TestBatches:
    def test_the_wanted_rows_keep_their_place_in_the_file(self):
        some = batch(10, a=[1, 2, 3]).only(np.array([True, False, True]))

        assert some.rows.tolist() == [10, 12]
        assert some.columns["a"].to_pylist() == [1, 3]
        assert some.fids.to_pylist() == [10, 12]
        assert len(some) == 2

    def test_tags_go_with_their_rows(self):
        some = batch(tags=[{"a": "1"}, {"b": "2"}]).only(np.array([False, True]))

        assert some.tags.to_pylist() == ['{"b": "2"}']

    def test_labels_go_with_their_rows(self):
        found = labels({"lifecycle_field": "s"}, s=["planned", "odd", None])

        left = found.only(~found.is_refused)

        assert left.ids.to_pylist() == ["row-1", "row-3"]
        assert left.lifecycles.to_pylist() == ["planned", "existing"]
        assert not left.is_refused.any()
        assert not left.issues

    def test_1600_columns_are_read_and_1601_are_not(self):
        check_field_count("a.csv", MAX_FIELDS)
        with pytest.raises(SourceError, match=r"a\.csv has 1,601 columns"):
            check_field_count("a.csv", MAX_FIELDS + 1)


class TestOptions:
    @pytest.mark.parametrize("value", [0, 0.0, "0", "x", ("a",), {"a": None}, True])
    def test_zero_is_a_choice(self, value):
        assert is_given(value)

    @pytest.mark.parametrize("value", [None, False, "", (), {}])
    def test_nothing_is_no_choice(self, value):
        assert not is_given(value)

    def test_options_come_back_from_json_as_they_were(self):
        options = ImportOptions(
            title_km="ដីឡូតិ៍",
            captured_on=date(2026, 1, 2),
            surveyed_classes=("school",),
            fields={"A": None, "B": "ឈ្មោះ"},
            nodata=0.0,
        )

        assert ImportOptions.of(json.loads(json.dumps(options.as_fields()))) == options

    def test_classes_come_back_from_json_as_they_were(self):
        assert ClassData.of(json.loads(json.dumps(CLASSES.as_fields()))) == CLASSES
