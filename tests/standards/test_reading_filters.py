"""CQL2 text becomes CQL2 JSON: what binds closer, how texts are quoted, how deep it goes."""

import pytest

from layers.ogc.cql2_text import DEEPEST, LONGEST, Cql2TextError, parse_text

A, B, C = ({"op": "=", "args": [{"property": name}, 1]} for name in "abc")


def call(op, *args):
    return {"op": op, "args": list(args)}


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1", A),
        ("a=1 OR b=1 AND c=1", call("or", A, call("and", B, C))),
        ("a=1 AND b=1 OR c=1", call("or", call("and", A, B), C)),
        ("(a=1 OR b=1) AND c=1", call("and", call("or", A, B), C)),
        ("NOT a=1 AND b=1", call("and", call("not", A), B)),
        ("NOT (a=1 AND b=1)", call("not", call("and", A, B))),
        ("NOT NOT a=1", call("not", call("not", A))),
        ("a=1 AND b=1 AND c=1", call("and", A, B, C)),
        ("((a=1))", A),
    ],
)
def test_and_binds_closer_than_or_and_not_closest(text, tree):
    assert parse_text(text) == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a = 'it''s'", "it's"),
        ("a = ''", ""),
        ("a = 'AND'", "AND"),
        ("a = 'ស្ទឹង'", "ស្ទឹង"),
        ("a = 12", 12),
        ("a = -12", -12),
        ("a = 1.5", 1.5),
        ("a = .5", 0.5),
        ("a = 1e3", 1000.0),
        ("a = true", True),
        ("a = False", False),
        ("a = DATE('2026-05-31')", {"date": "2026-05-31"}),
        ("a = TIMESTAMP('2026-05-31T00:00:00Z')", {"timestamp": "2026-05-31T00:00:00Z"}),
        ("a = b", {"property": "b"}),
        ('a = "b c"', {"property": "b c"}),
        ('a = "say ""b"""', {"property": 'say "b"'}),
        ("a = CASEI('B')", call("casei", "B")),
    ],
)
def test_a_value_is_read_as_what_it_is(text, value):
    assert parse_text(text) == call("=", {"property": "a"}, value)


@pytest.mark.parametrize("sign", ["=", "<>", "<", "<=", ">", ">="])
def test_each_comparison_keeps_its_sign(sign):
    assert parse_text(f"a{sign}1") == call(sign, {"property": "a"}, 1)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a BETWEEN 1 AND 2", call("between", {"property": "a"}, 1, 2)),
        ("a not between 1 and 2", call("not", call("between", {"property": "a"}, 1, 2))),
        ("a IN (1, 2)", call("in", {"property": "a"}, [1, 2])),
        ("a NOT IN ('x')", call("not", call("in", {"property": "a"}, ["x"]))),
        ("a LIKE 'b%'", call("like", {"property": "a"}, "b%")),
        ("a is null", call("isNull", {"property": "a"})),
        ("a IS NOT NULL", call("not", call("isNull", {"property": "a"}))),
        ("BETWEEN_1 = 1", call("=", {"property": "BETWEEN_1"}, 1)),
    ],
)
def test_words_may_have_any_case(text, tree):
    assert parse_text(text) == tree


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("POINT(1 2)", {"type": "Point", "coordinates": [1.0, 2.0]}),
        ("POINT (-1.5 2e1)", {"type": "Point", "coordinates": [-1.5, 20.0]}),
        ("LINESTRING(0 0, 1 1)", {"type": "LineString", "coordinates": [[0.0, 0.0], [1.0, 1.0]]}),
        (
            "POLYGON((0 0, 1 0, 1 1, 0 0))",
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        ),
        ("MULTIPOINT((0 0), (1 1))", {"type": "MultiPoint", "coordinates": [[0, 0], [1, 1]]}),
        ("BBOX(1, 2, 3, -4)", {"bbox": [1, 2, 3, -4]}),
    ],
)
def test_a_shape_is_read_up_to_its_closing_bracket(text, shape):
    tree = parse_text(f"S_INTERSECTS(g, {text}) AND a=1")

    assert tree == call("and", call("s_intersects", {"property": "g"}, shape), A)


@pytest.mark.parametrize(
    ("text", "character"),
    [
        ("a = ", 5),
        ("a = 1 b", 7),
        ("a = 'open", 4),
        ("a ! 1", 2),
        ("a = 1)", 6),
        ("(a = 1", 7),
        ("a NOT 1", 7),
        ("a IS 1", 6),
        ("a IN 1", 6),
        ("S_WITHIN(g, POINT(1))", 13),
        ("S_WITHIN(g, POINT 1 2)", 13),
        ("S_WITHIN(g, POLYGON((x)))", 13),
        ("a = 5x", 4),
        ("a = --1", 6),
        ("LIKE 'a'", 1),
    ],
)
def test_a_mistake_is_told_with_its_place(text, character):
    with pytest.raises(Cql2TextError) as told:
        parse_text(text)

    assert f"at character {character}:" in told.value.what
    assert "CQL2 text" in told.value.remedy


def test_depth_and_length_have_an_end():
    deepest = "(" * DEEPEST + "a=1" + ")" * DEEPEST
    assert parse_text(deepest) == A
    for text in (f"({deepest})", "NOT " * (DEEPEST + 1) + "a=1", "a=1" + " " * LONGEST):
        with pytest.raises(Cql2TextError):
            parse_text(text)


def test_a_long_chain_is_no_depth():
    tree = parse_text(" OR ".join(["a=1"] * 500))

    assert len(tree["args"]) == 500
