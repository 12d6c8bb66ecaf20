"""Attributes held to a layer's schema, each rule from both sides."""

import pytest

from layers.editing.attributes import attribute_problems
from layers.editing.content import Content, content_problems
from layers.editing.etags import GONE, edit_etag, matches, row_etag
from tests.factories import at, filled_layer, land_use

FIELDS = {
    "name": {"type": "text", "required": True, "title_en": "Name"},
    "storeys": {"type": "integer", "min": 1, "max": 60},
    "height_m": {"type": "number", "min": 0},
    "is_public": {"type": "boolean"},
    "built_on": {"type": "date"},
    "roof": {"choices": {"tile": {"en": "tile"}, "zinc": {"en": "zinc"}}},
    "grade": {"choices": ["A", "B"]},
}


def problems(schema=None, **properties):
    given = {"name": "x"} | properties
    return [name for name, _message in attribute_problems(schema or {"fields": FIELDS}, given)]


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("name", "ផ្សារ", ""),
        ("name", "x", None),
        ("name", "x", 5),
        ("storeys", 1, 0),
        ("storeys", 60, 61),
        ("storeys", 3, 3.5),
        ("storeys", None, True),
        ("storeys", 3, "3"),
        ("height_m", 0, -0.001),
        ("height_m", 2, float("nan")),
        ("height_m", 2.5, "2.5"),
        ("is_public", False, 0),
        ("built_on", "2026-02-28", "2026-02-30"),
        ("built_on", "2026-02-28", 2026),
        ("roof", "tile", "grass"),
        ("grade", "A", "C"),
        ("grade", "", ["A"]),
    ],
)
def test_a_value_is_allowed_or_not(name, good, bad):
    assert problems(**{name: good}) == []
    assert problems(**{name: bad}) == [name]


def test_attributes_nobody_described_are_kept_unless_the_schema_is_closed():
    assert problems(colour="red") == []
    assert problems({"fields": FIELDS, "closed": True}, colour="red") == ["colour"]


def test_a_sentence_names_the_attribute_in_the_readers_language():
    [(_name, message)] = attribute_problems({"fields": FIELDS}, {})
    assert message == "Name: a value is required."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        ({}, []),
        ({"land_use": "park", "lifecycle": "planned"}, []),
        ({"land_use": "moon"}, ["unknown_class"]),
        ({"lifecycle": "eternal"}, ["unknown_lifecycle"]),
        ({"properties": {"a": float("inf")}}, ["attribute"]),
        ({"properties": {"a": "x\x00"}}, ["attribute"]),
        ({"properties": {"": 1}}, ["attribute"]),
        ({"properties": {"a": [[[[[[[[[[1]]]]]]]]]]}}, ["attribute"]),
        ({"properties": {"a": {"b": [1, None, True, "x"]}}}, []),
    ],
)
def test_what_a_database_cannot_hold_is_told_before(given, kinds):
    land_use("park")
    layer = filled_layer("trees")
    found = content_problems(Content(geometry=at(0, 0), **given), layer, "T-1")
    assert [str(problem.kind) for problem in found] == kinds
    assert all(problem.stable_id == "T-1" for problem in found)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ('"r5"', True),
        ('"r4", "r5"', True),
        ('W/"r5"', True),
        ("*", True),
        ('"r55"', False),
        ("r5", False),
        ("", False),
        ('"d1.5"', False),
    ],
)
def test_a_condition_names_the_state_exactly(condition, holds):
    assert matches(condition, row_etag(5)) is holds


def test_what_is_gone_matches_no_asterisk():
    assert not matches("*", GONE)
    assert matches(GONE, row_etag(None))
    assert edit_etag(1, 23) != edit_etag(12, 3)
