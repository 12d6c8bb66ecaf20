"""Which features are taken away: every choice against the same choice written in plain Python."""

import json
import math

import pytest
import shapely
from django.contrib.gis.geos import GEOSGeometry
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from layers.exports.asking import box_asked, day_asked, srid_asked
from layers.exports.selection import (
    Condition,
    Selection,
    SelectionError,
    conditions_in,
    selected,
)
from layers.queries import surveyed_share
from layers.services import publish_features, set_surveyed_area
from tests.factories import feature, filled_layer, land_use, rectangle, square

pytestmark = pytest.mark.django_db
one_layer_for_all = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

VALUES = [0, 1, -2, 2.5, 1e3, True, False, "", "1", "true", "ផ្សារលើ", "ផ្សារ", "Market", None,
          [1, 2], {"a": 1}, "100%", "under_score", "null", "2019"]  # fmt: skip
NAMES = ("value", "ឈ្មោះ", "2019")
ASKED = st.sampled_from(
    ["1", "1.0", "-2", "2.5", "1000", "true", "false", "ផ្សារលើ", "ផ្សារ", "market", "null", "%",
     "_", "[1, 2]", "0", "under", "2019", "'", '"', "\\"]
)  # fmt: skip


@pytest.fixture
def layer(db):
    """A square every 20 m, each with one value under three names (a third of them lack one)."""
    rows = [
        feature(f"F-{n:02d}", square(20 * n, 0, 10), **{
            name: value for place, name in enumerate(NAMES) if (n + place) % 3
        })
        for n, value in enumerate(VALUES)
    ]  # fmt: skip
    return filled_layer("plots", *rows)


def chosen(layer, **asked):
    version = layer.versions.get(number=layer.published_number)
    return {row.stable_id for row in selected(Selection(version=version, **asked))}


def standing(layer):
    return {row.stable_id: row.properties for row in layer.features.filter(retired_in=None)}


def is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def holds(value, operator, asked):
    """What a reader means: equal as text or as it reads, part of its text, at least, at most."""
    if operator in {"min", "max"}:
        bound = float(asked)
        return is_number(value) and (value >= bound if operator == "min" else value <= bound)
    if operator == "has":
        return value is not None and asked.lower() in as_text(value).lower()
    if isinstance(value, str):
        return value == asked
    if isinstance(value, bool):
        return asked == json.dumps(value)
    return is_number(value) and reads_as_number(asked) and float(asked) == value


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def reads_as_number(text):
    try:
        return is_number(json.loads(text))
    except ValueError:
        return False


class TestConditions:
    @one_layer_for_all
    @given(st.sampled_from(NAMES), st.sampled_from(["is", "has"]), ASKED)
    @example("value", "has", "%")
    @example("value", "has", "_")
    @example("2019", "is", "2019")
    def test_texts_are_compared_as_written_and_numbers_by_their_value(
        self, layer, name, operator, asked
    ):
        expected = {
            stable_id
            for stable_id, properties in standing(layer).items()
            if name in properties and holds(properties[name], operator, asked)
        }

        assert chosen(layer, conditions=(Condition(name, operator, asked),)) == expected

    @one_layer_for_all
    @given(st.sampled_from(NAMES), st.sampled_from(["min", "max"]), st.floats(-5, 1_500))
    @example("value", "min", 1.0)
    @example("value", "max", 0.0)
    def test_only_numbers_have_a_size(self, layer, name, operator, bound):
        expected = {
            stable_id
            for stable_id, properties in standing(layer).items()
            if holds(properties.get(name), operator, repr(bound))
        }

        assert chosen(layer, conditions=(Condition(name, operator, repr(bound)),)) == expected

    @pytest.mark.parametrize("value", ["many", "", "inf", "nan", "1e999", "១២"])
    def test_a_bound_that_is_no_number_is_a_sentence(self, layer, value):
        if value == "១២":  # Python reads Khmer digits, and so do people
            assert Condition("a", "min", value).number == 12
            return
        with pytest.raises(SelectionError, match="is no number"):
            chosen(layer, conditions=(Condition("value", "min", value),))

    def test_two_conditions_must_both_hold(self, layer):
        both = (Condition("value", "min", "1"), Condition("value", "max", "3"))

        found = {
            standing(layer)[stable_id]["value"] for stable_id in chosen(layer, conditions=both)
        }

        assert found <= {1, 2.5}
        assert found

    def test_words_that_are_no_condition_are_passed_over(self):
        given_words = {
            "is.a": "1",
            "is.": "1",
            "is.b": "",
            "isa": "1",
            "was.a": "1",
            "min.a.b": "2",
        }

        assert conditions_in(given_words) == (
            Condition("a", "is", "1"),
            Condition("a.b", "min", "2"),
        )


class TestPlaces:
    @one_layer_for_all
    @given(st.integers(-30, 420), st.integers(-30, 20), st.integers(0, 200), st.integers(0, 30))
    def test_a_box_takes_what_it_touches(self, layer, west, south, width, height):
        box = rectangle(west, south, max(width, 0.5), max(height, 0.5))
        expected = {
            f"F-{n:02d}" for n in range(len(VALUES)) if box.intersects(square(20 * n, 0, 10))
        }

        assert chosen(layer, bbox=box) == expected

    @one_layer_for_all
    @given(*[st.integers(0, 40)] * 4)
    @example(0, 40, 0, 40)
    def test_a_place_lies_in_a_box_of_degrees_or_not(self, a, b, c, d):
        west, east = sorted((102.0 + a / 10, 102.0 + b / 10))
        south, north = sorted((9.0 + c / 10, 9.0 + d / 10))
        place = Transformer.from_crs(4326, 32648, always_xy=True).transform(103.523, 10.627)

        area = box_asked(f"{west},{south},{east},{north}")

        is_inside = west < 103.523 < east and south < 10.627 < north
        assert area.contains(shapely.Point(place)) == is_inside

    @pytest.mark.parametrize("text", ["-180,-90,180,90", "-60,-90,-50,90", "104,-90,104,90"])
    def test_the_whole_world_and_the_other_side_of_it_are_boxes_too(self, text):
        assert all(map(math.isfinite, box_asked(text).bounds))

    def test_a_box_round_the_central_meridian_lies_round_500_km(self):
        west, south, east, north = box_asked("104.99,9.99,105.01,10.01").bounds

        assert west + east == pytest.approx(1_000_000, abs=0.01)
        # a hundredth of a degree of longitude at 10 degrees north: 1,096.4 m by scale 0.9996
        assert east - west == pytest.approx(2 * 1_096.0, abs=2)
        assert north - south == pytest.approx(2 * 1_105.6, abs=2)

    @pytest.mark.parametrize(
        "text", ["1,2,3", "1,2,3,4,5", "a,b,c,d", "105,10,104,11", "nan,0,1,1", "0,0,181,1"]
    )
    def test_what_is_no_box_is_a_sentence(self, text):
        with pytest.raises(SelectionError, match="is no box"):
            box_asked(text)

    def test_nothing_asked_is_nothing_meant(self):
        assert box_asked("") is None
        assert srid_asked("") is None

    @pytest.mark.parametrize(("text", "srid"), [("32648", 32648), ("epsg:4326", 4326)])
    def test_an_epsg_code_is_read_with_and_without_its_name(self, text, srid):
        assert srid_asked(text) == srid

    @pytest.mark.parametrize("text", ["WGS84", "EPSG:", "-1", "4326.0", "១២", "12345678"])
    def test_what_is_no_epsg_code_is_a_sentence(self, text):
        with pytest.raises(SelectionError, match="is no EPSG code"):
            srid_asked(text)

    @pytest.mark.parametrize("text", ["2026-13-01", "23.11.2026", "today", "2026-02-29"])
    def test_what_is_no_day_is_a_sentence(self, text):
        with pytest.raises(SelectionError, match="is no day"):
            day_asked(text)


class TestLabels:
    def test_a_class_means_its_branch_and_a_dash_what_has_none(self):
        school = land_use("school")
        land_use("kindergarten", parent=school)
        layer = filled_layer(
            "sites",
            feature("A", square(0, 0, 10), "school"),
            feature("B", square(20, 0, 10), "kindergarten"),
            feature("C", square(40, 0, 10)),
        )

        assert chosen(layer, class_code="school") == {"A", "B"}
        assert chosen(layer, class_code="kindergarten") == {"B"}
        assert chosen(layer, class_code="-") == {"C"}

    def test_identifiers_and_lifecycle_narrow_together(self):
        layer = filled_layer(
            "sites",
            feature("A", square(0, 0, 10), None, "planned"),
            feature("B", square(20, 0, 10), None, "planned"),
        )

        assert chosen(layer, ids=("A", "C"), lifecycle="planned") == {"A"}
        assert chosen(layer, ids=("A",), lifecycle="closed") == set()
        with pytest.raises(SelectionError, match="'gone' is no lifecycle"):
            chosen(layer, lifecycle="gone")

    def test_a_file_begun_before_a_publication_holds_the_version_it_names(self, layer):
        begun = Selection(version=layer.versions.get(number=1))
        before = {row.stable_id for row in selected(begun)}
        publish_features(layer=layer, features=[feature("NEW", square(900, 900, 10))])

        assert "NEW" not in before
        assert {row.stable_id for row in selected(begun)} == before
        assert {row.stable_id for row in selected(begun, may_be_newer=True)} == {"NEW"}

    def test_an_earlier_version_is_chosen_from_as_it_stood(self, layer):
        moved = feature("F-01", square(500, 500, 10))
        publish_features(layer=layer, features=[moved])
        layer.refresh_from_db()
        first, second = layer.versions.order_by("number")
        box = square(495, 495, 20)

        then, now = (
            {row.stable_id for row in selected(Selection(version=version, bbox=box))}
            for version in (first, second)
        )

        assert (then, now) == (set(), {"F-01"})
        assert selected(Selection(version=first)).count() == len(VALUES)

    def test_what_was_asked_is_told_and_what_was_not_is_not(self, layer):
        version = layer.versions.get()
        asked = Selection(version=version, ids=("A",), conditions=(Condition("ក", "is", "1"),))

        assert asked.described() == {"ids": ["A"], "attributes": ["is.ក=1"]}
        assert not asked.is_all
        assert Selection(version=version).is_all
        assert Selection(version=version).described() == {}


class TestSurveyedShares:
    @one_layer_for_all
    @given(st.integers(-50, 250), st.integers(-50, 250), st.integers(1, 200))
    def test_the_share_that_was_surveyed_is_the_share_of_area(self, layer, x, y, size):
        known = square(0, 0, 100).union(square(60, 60, 100)).difference(square(20, 20, 30))
        set_surveyed_area(layer=layer, geometry=known, source="survey")
        asked = square(x, y, size)

        share = surveyed_share("plots", as_geos(asked))

        assert share == pytest.approx(asked.intersection(known).area / asked.area, abs=1e-9)


def as_geos(shape):
    return GEOSGeometry(shape.wkt, srid=32648)
