"""Random filters give the identifiers that a plain Python reading of CQL2 gives.

The oracle knows three values: what is not there is None, and only True selects.
"""

import json
from datetime import date, timedelta

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import at, feature, filled_layer, rectangle
from tests.standards.ground import Reader

pytestmark = pytest.mark.django_db
METRES = "http://www.opengis.net/def/crs/EPSG/0/32648"
DAY_ONE = date(2026, 1, 1)
WORDS = ["", "a", "A", "ab", "សាលា", "សាលារៀន", "100%", "a_b", "it's", "\\"]
FEATURES = [
    feature(
        f"F-{number:02}",
        rectangle(number % 5 * 10, number // 5 * 10, 8, 8) if number % 3 else at(number, number),
        **{
            name: value
            for name, value in {
                "n": number % 7 - 2 if number % 4 else None,
                "x": number / 4 if number % 5 else "many",
                "word": WORDS[number % len(WORDS)] if number % 6 else None,
                "yes": number % 2 == 0 if number % 3 else None,
                "on": f"2026-0{number % 9 + 1}-15" if number % 4 != 1 else None,
            }.items()
            if value is not None
        },
    )
    for number in range(20)
]
NUMBERS = st.one_of(st.integers(-3, 6), st.sampled_from([0.25, 1.5, 2.75, -0.5, 4.0]))
COMPARISONS = ["=", "<>", "<", "<=", ">", ">="]
VALUES = {
    "n": NUMBERS,
    "x": NUMBERS,
    "word": st.sampled_from(WORDS),
    "on": st.integers(0, 300).map(lambda d: {"date": str(DAY_ONE + timedelta(days=d))}),
}


def prop(name):
    return {"property": name}


@st.composite
def comparison(draw):
    name = draw(st.sampled_from(sorted(VALUES)))
    return {"op": draw(st.sampled_from(COMPARISONS)), "args": [prop(name), draw(VALUES[name])]}


@st.composite
def among(draw):
    name = draw(st.sampled_from(sorted(VALUES)))
    if draw(st.booleans()):
        return {"op": "in", "args": [prop(name), draw(st.lists(VALUES[name], min_size=1))]}
    return {"op": "between", "args": [prop(name), draw(VALUES[name]), draw(VALUES[name])]}


@st.composite
def like(draw):
    pattern = "".join(draw(st.lists(st.sampled_from(["a", "A", "%", "_", "ស", "\\%", "\\\\"]))))
    left, right = prop("word"), pattern
    if draw(st.booleans()):
        left, right = ({"op": "casei", "args": [side]} for side in (left, right))
    return {"op": "like", "args": [left, right]}


@st.composite
def relation(draw):
    x, y = draw(st.integers(-5, 45)), draw(st.integers(-5, 45))
    width, height = draw(st.integers(1, 30)), draw(st.integers(1, 30))
    shape = shapely.geometry.mapping(rectangle(x, y, width, height))
    op = draw(st.sampled_from(["s_intersects", "s_disjoint", "s_within", "s_contains",
                               "s_touches", "s_overlaps", "s_equals"]))  # fmt: skip
    return {"op": op, "args": [prop("geometry"), json.loads(json.dumps(shape))]}


LEAVES = st.one_of(
    comparison(),
    among(),
    like(),
    relation(),
    st.sampled_from([*VALUES, "yes"]).map(lambda name: {"op": "isNull", "args": [prop(name)]}),
    st.just(prop("yes")),
    st.booleans(),
)  # fmt: skip
TREES = st.recursive(
    LEAVES,
    lambda parts: st.one_of(
        st.tuples(st.sampled_from(["and", "or"]), st.lists(parts, min_size=1, max_size=3)).map(
            lambda pair: {"op": pair[0], "args": pair[1]}
        ),
        parts.map(lambda part: {"op": "not", "args": [part]}),
    ),
    max_leaves=8,
)


def holds(tree, one):
    """Return whether a condition is True, False or None (not known) for a feature."""
    if isinstance(tree, bool):
        return tree
    if "property" in tree:
        return one.properties.get(tree["property"])
    op, args = tree["op"], tree["args"]
    if op == "not":
        inner = holds(args[0], one)
        return None if inner is None else not inner
    if op in ("and", "or"):
        return joined([holds(part, one) for part in args], decisive=op == "or")
    if op.startswith("s_"):
        other = shapely.geometry.shape(args[1])
        return bool(getattr(one.geometry, op[2:])(other))
    return compared(op, args, one)


def joined(values, *, decisive):
    if decisive in [value for value in values if value is not None]:
        return decisive
    return None if None in values else not decisive


def compared(op, args, one):
    if op == "isNull":
        return one.properties.get(args[0]["property"]) is None
    if op == "in":
        return joined([compared("=", [args[0], choice], one) for choice in args[1]], decisive=True)
    if op == "between":
        bounds = [(">=", args[1]), ("<=", args[2])]
        return joined([compared(sign, [args[0], b], one) for sign, b in bounds], decisive=False)
    left, right = (value_of(side, one) for side in args)
    if left is None or isinstance(left, str) != isinstance(right, str):
        return None
    if op == "like":
        return is_like(left, right)
    return {"=": left == right, "<>": left != right, "<": left < right,
            "<=": left <= right, ">": left > right, ">=": left >= right}[op]  # fmt: skip


def value_of(side, one):
    if not isinstance(side, dict):
        return side
    if "date" in side:
        return side["date"]
    if side.get("op") == "casei":
        inner = value_of(side["args"][0], one)
        return inner.lower() if isinstance(inner, str) else None
    return one.properties.get(side["property"])


def is_like(text, pattern):
    """Return whether a pattern with % _ and backslash matches, letter by letter."""
    if not pattern:
        return not text
    first, rest = pattern[0], pattern[1:]
    if first == "%":
        return any(is_like(text[at:], rest) for at in range(len(text) + 1))
    if first == "\\":
        return text[:1] == rest[:1] and is_like(text[1:], rest[1:])
    return bool(text) and first in ("_", text[0]) and is_like(text[1:], rest)


@pytest.fixture
def reader(db):
    filled_layer("things", *FEATURES)
    return Reader()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=TREES)
def test_a_random_filter_selects_what_the_oracle_selects(reader, tree):
    expected = [one.stable_id for one in FEATURES if holds(tree, one) is True]

    found = reader.ids(
        "things", filter=json.dumps(tree), filter_lang="cql2-json", filter_crs=METRES
    )

    assert found == sorted(expected)


def test_the_oracle_tells_unknown_from_false():
    empty = feature("E", at(0, 0))
    is_two = {"op": "=", "args": [prop("n"), 2]}

    assert holds(is_two, empty) is None
    assert holds({"op": "not", "args": [is_two]}, empty) is None
    assert holds({"op": "or", "args": [is_two, True]}, empty) is True
    assert holds({"op": "and", "args": [is_two, False]}, empty) is False
